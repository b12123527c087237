/**
 * Collects runs. Results of elements arrive one by one, because each leaves its worker before the next body starts. The
 * reader of a ring or a pipe passes those that follow each other as one message, so that they are settled in one go:
 *
 *   Element 4: 8 │ Element 5: 10 │ Element 6: 12 │ ElementThrown 7 …   ──►   ElementRun 4: [8, 10, 12] │ ElementThrown 7 …
 */
import { MessageKind, type WorkerMessage } from './messages'
import { PLAIN } from './packed'

export class RunCollector {
  readonly #receive: (message: WorkerMessage) => void
  #values: unknown[] = []
  /** The call whose values were collected, and the index of the first value. */
  #sequence = 0
  #first = 0
  /** The message that comes right behind the run that is being passed on. */
  #held: WorkerMessage | undefined

  constructor(receive: (message: WorkerMessage) => void) {
    this.#receive = receive
  }

  /** Whether nothing is collected: a message that is no `Element` may go past the collector. */
  get isEmpty(): boolean {
    return this.#values.length === 0 && this.#held === undefined
  }

  /** Takes the next message. It may be passed on later, by {@link flush}. */
  add(message: WorkerMessage): void {
    if (this.#held) this.#release()
    if (this.#values.length === 0 || !this.#follows(message)) {
      this.#held = message
      this.flush()
    } else this.#values.push(message.data)
  }

  /** Passes on what was collected. `receive` may read more messages, which come behind it. */
  flush(): void {
    const values = this.#values
    if (values.length > 0) {
      this.#values = []
      const [sequence, duration] = [this.#sequence, this.#first]
      this.#receive({ kind: MessageKind.ElementRun, sequence, duration, flags: PLAIN, data: values })
    }
    this.#release()
  }

  #follows({ kind, flags, sequence, duration }: WorkerMessage): boolean {
    const index = this.#first + this.#values.length
    return isResult(kind, flags) && sequence === this.#sequence && duration === index
  }

  #release(): void {
    const message = this.#held
    this.#held = undefined
    if (!message) return
    if (!isResult(message.kind, message.flags)) {
      this.#receive(message)
      return
    }
    this.#sequence = message.sequence
    this.#first = message.duration
    this.#values.push(message.data)
  }
}

/** Whether a message is the result of an element that needs no decoding. */
const isResult = (kind: MessageKind, flags: number): boolean => kind === MessageKind.Element && flags === PLAIN
