import { subscribe as subscribeTo, unsubscribe } from 'node:diagnostics_channel'
import type { Typed } from './events'

export type Unsubscribe = () => void

/** Hears the messages of a channel, until the function that it returns is called. */
export function subscribe<T>(channel: Typed<T>, fn: (message: T) => void): Unsubscribe {
  const listener = (message: unknown): void => fn(message as T)
  subscribeTo(channel.name, listener)
  return () => void unsubscribe(channel.name, listener)
}
