/**
 * Collects runs. Results of elements arrive one by one, because each leaves its worker before the next body starts. The
 * reader of a ring or a pipe passes on successive results as one message, so that they are settled together:
 *
 *   Element 4: 8 │ Element 5: 10 │ Element 6: 12 │ ElementThrown 7 …   ──►   ElementRun 4: [8, 10, 12] │ ElementThrown 7 …
 */
import { MessageKind, type WorkerMessage } from './messages'
import { PLAIN } from './packed'

export class RunCollector {
  readonly #receive: (message: WorkerMessage) => void
  /** The open run: its values, its call, and the index of the first value. */
  #values: unknown[] = []
  #sequence = 0
  #first = 0
  /** What comes before the open run. `receive` may read more messages, which must not overtake these. */
  readonly #ready: WorkerMessage[] = []

  constructor(receive: (message: WorkerMessage) => void) {
    this.#receive = receive
  }

  /** Takes the next message. It may be passed on later, by {@link flush}. */
  add(message: WorkerMessage): void {
    const isEmpty = this.#values.length === 0 && this.#ready.length === 0
    if (isEmpty && message.kind !== MessageKind.Element) {
      this.#receive(message)
      return
    }
    if (this.#values.length > 0 && this.#follows(message)) {
      this.#values.push(message.data)
      return
    }
    this.#endRun()
    if (isResult(message.kind, message.flags)) this.#beginRun(message)
    else this.#ready.push(message)
    this.#pass()
  }

  /** Passes on everything, the open run included. */
  flush(): void {
    this.#endRun()
    if (this.#ready.length > 0) this.#pass()
  }

  #follows({ kind, flags, sequence, duration }: WorkerMessage): boolean {
    const index = this.#first + this.#values.length
    return isResult(kind, flags) && sequence === this.#sequence && duration === index
  }

  #beginRun({ sequence, duration, data }: WorkerMessage): void {
    this.#sequence = sequence
    this.#first = duration
    this.#values.push(data)
  }

  #endRun(): void {
    if (this.#values.length === 0) return
    const [sequence, duration, data] = [this.#sequence, this.#first, this.#values]
    this.#values = []
    this.#ready.push({ kind: MessageKind.ElementRun, sequence, duration, flags: PLAIN, data })
  }

  #pass(): void {
    for (let next = this.#ready.shift(); next; next = this.#ready.shift()) this.#receive(next)
  }
}

/** Whether a message is the result of an element that needs no decoding. */
const isResult = (kind: MessageKind, flags: number): boolean => kind === MessageKind.Element && flags === PLAIN
