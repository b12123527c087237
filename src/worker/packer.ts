import { packThrown } from '../wire/errors'
import { pack, type Packed } from '../wire/values'
import { withoutOurFrames } from './own-frames'
import type { RunningTask } from './running-task'
import { explainSnapshot } from './self'

/** Packs what leaves a worker: results, values of streams, progress, and errors. */
export class Packer {
  readonly #kind: 'thread' | 'process'

  constructor(kind: 'thread' | 'process') {
    this.#kind = kind
  }

  /** @throws {SerializationError} the value cannot cross; `root` names it in the message */
  value(value: unknown, root: string, { label }: RunningTask): Packed {
    return pack(value, { root, of: label, kind: this.#kind })
  }

  /** The hooks and getters of a result run in the context of its call. */
  result(task: RunningTask, value: unknown): Packed {
    const hasHooks = typeof value === 'object' && value !== null
    return hasHooks ? task.run(() => this.value(value, 'result', task)) : this.value(value, 'result', task)
  }

  /** An error that the body has thrown. */
  thrownBy(task: RunningTask, error: unknown): Packed {
    return task.run(() => this.thrown(withoutOurFrames(explainSnapshot(error))))
  }

  thrown(error: unknown): Packed {
    return packThrown(error, { root: 'error', kind: this.#kind })
  }
}
