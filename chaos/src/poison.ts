/** Values that do harm on their way. */
import { deserialize, isWorker, serializable, serialize } from 'pebble-ts'

/** Cannot be read in a worker. */
@serializable
export class Thorny {
  [serialize](): string {
    return 'thorny'
  }

  static [deserialize](): Thorny {
    if (isWorker()) throw new SyntaxError('ordered: unreadable argument')
    return new Thorny()
  }
}

/** Cannot be read where it comes back to. */
@serializable
export class Rotten {
  [serialize](): string {
    return 'rotten'
  }

  static [deserialize](): Rotten {
    if (!isWorker()) throw new SyntaxError('ordered: unreadable result')
    return new Rotten()
  }
}

/** Ends the worker that reads it. */
@serializable
export class Deadly {
  constructor(readonly code: number) {}

  [serialize](): number {
    return this.code
  }

  static [deserialize](code: number): Deadly {
    if (isWorker()) process.exit(code)
    return new Deadly(code)
  }
}
