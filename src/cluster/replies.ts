/** The messages between callers and worker machines that stand in no record: hints, which may be lost. */

/** To the caller of a call. */
export type Reply =
  /** A worker has it. `a`: how often it has been picked up. */
  | { readonly t: 'active'; readonly id: string; readonly w: string; readonly a: number }
  /** `o`: the progress, sealed as an outcome is. */
  | { readonly t: 'progress'; readonly id: string; readonly o: string }
  /** It has ended. Without `o`, its record has the outcome. */
  | { readonly t: 'ended'; readonly id: string; readonly a: number; readonly o?: string }
  /** Its record has changed: its worker was lost, or it waits for another attempt. */
  | { readonly t: 'look'; readonly id: string }

/** To all workers of a queue. */
export type Control = { readonly t: 'cancel'; readonly id: string }

/** The messages of a list. What is no message of this kind is left out: others may write to the channel. */
export function parseMessages<T extends { readonly t: string; readonly id: string }>(text: string): T[] {
  try {
    const list = JSON.parse(text) as unknown
    return Array.isArray(list) ? list.filter((message): message is T => isMessage(message)) : []
  } catch {
    return []
  }
}

function isMessage(value: unknown): boolean {
  const { t, id } = (value ?? {}) as { t?: unknown; id?: unknown }
  return typeof t === 'string' && typeof id === 'string'
}
