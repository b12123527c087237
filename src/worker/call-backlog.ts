import type { FieldLookup } from '../registry/field-sources'
import { CALL_WIDTH, type CallBatch, type CallExtra, type MethodDefinition } from '../wire/messages'
import type { Resolved } from './resolve'

/** Fields that were taken are removed from the front of the array once there are this many. */
const COMPACT = 64 * CALL_WIDTH

const NO_METHODS: readonly KnownMethod[] = []

/** A method that the parent has announced to this worker, and its body here once it is resolved. */
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
  /** This worker's own values of the fields of `this` that could not be sent. */
  lookup: FieldLookup | undefined
}

/** The calls that have arrived and were not started yet, in order. */
export class CallBacklog {
  readonly #methods: KnownMethod[] = []
  #fields: unknown[] = []
  #head = 0

  get empty(): boolean {
    return this.#head >= this.#fields.length
  }

  /** @returns the methods that the batch announces */
  add(batch: CallBatch): readonly KnownMethod[] {
    const announced = batch[0] ? batch[0].map((definition) => ({ definition, resolved: undefined })) : NO_METHODS
    for (const method of announced) this.#methods[method.definition.index] = method
    if (this.empty) {
      this.#fields = batch
      this.#head = 1
    } else for (let index = 1; index < batch.length; index++) this.#fields.push(batch[index])
    return announced
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
      lookup: undefined,
    }
    if (this.#head === fields.length || this.#head >= COMPACT) {
      this.#fields = fields.slice(this.#head)
      this.#head = 0
    }
    return call
  }
}
