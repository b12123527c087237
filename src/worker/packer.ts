import { rootUrl } from '../utils/portable-names'
import { packThrown } from '../wire/errors'
import { pack, PLAIN, type Packed } from '../wire/values'
import { withoutOwnFrames } from './own-frames'
import type { RunningTask } from './running-task'
import { explainSnapshot } from './snapshot'

/** Whether the callers of this worker are on other machines. */
const isFar = (): boolean => rootUrl() !== undefined

/** Packs what a worker sends: results, stream items, progress and errors. They are published right after. */
export class Packer {
  readonly #kind: 'thread' | 'process'

  constructor(kind: 'thread' | 'process') {
    this.#kind = kind
  }

  /** @throws {SerializationError} if the value cannot be sent; `root` names it in the message */
  value(value: unknown, root: string, { label }: RunningTask): Packed {
    return pack(value, { root, of: label, kind: this.#kind, sentNow: true, far: isFar() })
  }

  /** Packs the result of a body. Its hooks and getters run in the context of the call. */
  result(task: RunningTask, value: unknown): Packed {
    if (typeof value === 'number') return { data: value, flags: PLAIN }
    const hasHooks = typeof value === 'object' && value !== null
    return hasHooks ? task.run(() => this.value(value, 'result', task)) : this.value(value, 'result', task)
  }

  /** Packs an error that the body has thrown. */
  thrownBy(task: RunningTask, error: unknown): Packed {
    return task.run(() => this.thrown(withoutOwnFrames(explainSnapshot(error))))
  }

  thrown(error: unknown): Packed {
    return packThrown(error, { root: 'error', kind: this.#kind, far: isFar() })
  }
}
