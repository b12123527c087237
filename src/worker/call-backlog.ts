import { CALL_WIDTH, type CallBatch, type CallExtra, type MethodDefinition } from '../wire/messages'
import type { Resolved } from './resolve'

/** Taken fields are dropped from the front of the queue once there are this many. */
const COMPACT = 64 * CALL_WIDTH

const NONE: readonly KnownMethod[] = []

/** A method that was introduced to this worker, and what it is here, once that is known. */
export interface KnownMethod {
  readonly definition: MethodDefinition
  resolved: Resolved | undefined
}

export interface CallToRun {
  readonly sequence: number
  readonly serial: number
  readonly method: KnownMethod
  readonly flags: number
  readonly self: unknown
  readonly args: unknown
  readonly extra: CallExtra | undefined
}

/** The calls that came and have not begun, in their order. */
export class CallBacklog {
  readonly #methods: KnownMethod[] = []
  #fields: unknown[] = []
  #head = 0

  get empty(): boolean {
    return this.#head >= this.#fields.length
  }

  /** @returns the methods that the batch introduces */
  add(batch: CallBatch): readonly KnownMethod[] {
    const introduced = batch[0] ? batch[0].map((definition) => ({ definition, resolved: undefined })) : NONE
    for (const method of introduced) this.#methods[method.definition.index] = method
    if (this.empty) {
      this.#fields = batch
      this.#head = 1
    } else for (let index = 1; index < batch.length; index++) this.#fields.push(batch[index])
    return introduced
  }

  take(): CallToRun {
    const fields = this.#fields
    const at = this.#head
    this.#head += CALL_WIDTH
    const call = {
      sequence: fields[at] as number,
      serial: fields[at + 1] as number,
      method: this.#methods[fields[at + 2] as number] as KnownMethod,
      flags: fields[at + 3] as number,
      self: fields[at + 4],
      args: fields[at + 5],
      extra: fields[at + 6] as CallExtra | undefined,
    }
    if (this.#head === fields.length || this.#head >= COMPACT) {
      this.#fields = fields.slice(this.#head)
      this.#head = 0
    }
    return call
  }
}
