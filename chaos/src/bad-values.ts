/** Values that cause a fault when they are decoded. */
import { deserialize, isWorker, serializable, serialize } from 'pebble-ts'

/** Cannot be decoded in a worker. */
@serializable
export class UnreadableInWorker {
  [serialize](): string {
    return 'unreadable in a worker'
  }

  static [deserialize](): UnreadableInWorker {
    if (isWorker()) throw new SyntaxError('ordered: unreadable argument')
    return new UnreadableInWorker()
  }
}

/** Cannot be decoded in the parent. */
@serializable
export class UnreadableInParent {
  [serialize](): string {
    return 'unreadable in the parent'
  }

  static [deserialize](): UnreadableInParent {
    if (!isWorker()) throw new SyntaxError('ordered: unreadable result')
    return new UnreadableInParent()
  }
}

/** Ends the worker that decodes it. */
@serializable
export class ExitsWorker {
  constructor(readonly code: number) {}

  [serialize](): number {
    return this.code
  }

  static [deserialize](code: number): ExitsWorker {
    if (isWorker()) process.exit(code)
    return new ExitsWorker(code)
  }
}
