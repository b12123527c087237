import { Future, settledFromOutside, type Flavour, type FutureControl } from '../../src/futures/future'
import { ProcessFuture } from '../../src/futures/process-future'

export interface Settings {
  readonly control?: Partial<FutureControl>
  readonly flavour?: Flavour
  readonly number?: number
  readonly serial?: number
}

/** A future that the spec settles by `Future.settle`. */
export function open(settings: Settings = {}): Future<unknown> {
  return make(Future, settings)
}

export function openProcess(settings: Settings = {}): ProcessFuture<unknown> {
  return make(ProcessFuture, settings)
}

export const finish = (future: Future<unknown>, value?: unknown): void => Future.settle(future, 'finished', value)
export const fail = (future: Future<unknown>, error: unknown): void => Future.settle(future, 'failed', error)
export const cancel = (future: Future<unknown>, error: unknown): void => Future.settle(future, 'cancelled', error)

function make<F>(
  Kind: new (executor: never, control?: FutureControl, number?: number, serial?: number, flavour?: Flavour) => F,
  { control, number, serial, flavour }: Settings,
): F {
  return new Kind(settledFromOutside, control as FutureControl | undefined, number, serial, flavour)
}
