/**
 * The messages that go over a channel together, signed once:
 *
 *   <time> <signature>
 *   <message>
 *   <message> …
 *
 * The signature covers the channel as well, so a message to one queue or caller is not valid for another. Old messages
 * are refused: a recorded message must not cancel a later call that has the same id.
 */
import type { EngineClock } from './engine-clock'
import { isSigned, sign, type Secrets, type SignedText } from './signatures'

/** The most characters that a seal adds. */
export const SEAL_LENGTH = 64
/** Older messages are refused, in ms. */
const FRESH_FOR = 60_000

export class MessageSeal {
  readonly #secrets: Secrets
  readonly #clock: Pick<EngineClock, 'now'>

  constructor(secrets: Secrets, clock: Pick<EngineClock, 'now'>) {
    this.#secrets = secrets
    this.#clock = clock
  }

  /** @param texts messages without line breaks, such as JSON */
  seal(channel: string, texts: readonly string[]): string {
    const body = texts.join('\n')
    if (this.#secrets === false) return body
    const time = `${Math.round(this.#clock.now())}`
    return `${time} ${sign(this.#secrets, signedText(channel, time, body))}\n${body}`
  }

  /** The messages; none if they are not authentic, because other programs may write to the channel. */
  open(channel: string, published: string): string[] {
    if (this.#secrets === false) return published.split('\n')
    const end = published.indexOf('\n')
    const [time = '', signature] = published.slice(0, Math.max(0, end)).split(' ')
    const body = published.slice(end + 1)
    const isFresh = Math.abs(this.#clock.now() - Number(time)) <= FRESH_FOR
    return isFresh && isSigned(this.#secrets, signedText(channel, time, body), signature) ? body.split('\n') : []
  }
}

/** The signed text. It differs from the text of a call and of an outcome, which begin with a bracket. */
const signedText = (channel: string, time: string, body: string): SignedText => [`message ${time} ${channel}\n`, body]
