/** The messages between callers and worker machines. They are hints, and may be lost. */

/** A message to the caller of a call. */
export type Reply =
  /** A worker has it. `a`: how often it has been picked up. */
  | { readonly t: 'active'; readonly id: string; readonly w: string; readonly a: number }
  /** `o`: the progress, sealed like an outcome. */
  | { readonly t: 'progress'; readonly id: string; readonly o: string }
  /** It has ended. Without `o`, its record has the outcome. */
  | { readonly t: 'ended'; readonly id: string; readonly a: number; readonly o?: string }
  /** Its record has changed: its worker was lost, or it waits for another attempt. */
  | { readonly t: 'look'; readonly id: string }

/** A message to all workers of a queue. */
export type Control = { readonly t: 'cancel'; readonly id: string }

/** `undefined`: the text is no such message. Other programs may write to the channel. */
export function parseMessage<T extends { readonly t: string; readonly id: string }>(text: string): T | undefined {
  try {
    const message = JSON.parse(text) as Partial<T> | null
    return typeof message?.t === 'string' && typeof message.id === 'string' ? (message as T) : undefined
  } catch {
    return undefined
  }
}
