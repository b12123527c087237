/**
 * `propagate`: the stores of an `AsyncLocalStorage` follow calls into workers.
 *
 *   caller   storesHere() ─► packed with the call, by the name of the storage
 *   worker   the storage of that name ─► the body runs in a context that has the store
 */
import type { AsyncLocalStorage } from 'node:async_hooks'
import { fn, checkOption, checkOptions, matching, type Rules } from '../utils/options'
import { registerDefinition } from './classes'
import { shared } from './shared'

/** Options of {@link propagate}. */
export interface PropagateOptions<S, T = S> {
  /** Returns what is sent for a store. Default: the store; what cannot be sent is left out of plain objects and maps. */
  serialize?: (store: S) => T
  /** Makes the store of a body from what was sent. Default: what was sent. */
  deserialize?: (data: T) => S
}

/** A storage whose stores follow calls. */
export interface Propagation {
  /** The same in the program and in workers. A worker imports the module in it to get the storage. */
  readonly id: string
  readonly storage: AsyncLocalStorage<unknown>
  readonly serialize?: (store: unknown) => unknown
  readonly deserialize?: (data: unknown) => unknown
}

/** A store, and the storage that it belongs to. */
export type Store = readonly [{ readonly storage: Pick<AsyncLocalStorage<unknown>, 'run'> }, unknown]

const propagations = shared('propagations', () => new Map<string, Propagation>())

const rules: Rules<PropagateOptions<unknown>> = { serialize: fn, deserialize: fn }
const storageRule = matching(
  'an AsyncLocalStorage',
  (value) => typeof (value as Partial<AsyncLocalStorage<unknown>> | null)?.getStore === 'function',
)

/**
 * Lets the stores of an `AsyncLocalStorage` follow calls: into bodies, streams and elements of a `map`, in threads and
 * processes. Each call has a copy of the store that its caller had. Changes of the copy stay in the worker.
 *
 * Call it at the top level of the module that creates the storage: workers import that module. Give the storage a small
 * module of its own.
 *
 * @throws {TypeError} `als` is not an `AsyncLocalStorage`, an option is unknown or of the wrong type, or this is not the
 * top level of a module
 * @example
 * export const tenant = new AsyncLocalStorage<{ id: string }>()
 * propagate(tenant)
 */
export function propagate<S, T = S>(als: AsyncLocalStorage<S>, options?: PropagateOptions<S, T>): void {
  checkOption('als', als, storageRule)
  const { serialize, deserialize } = checkOptions('propagate()', options as PropagateOptions<unknown>, rules)
  const { id, topLevel } = registerDefinition('propagate', propagate)
  if (!topLevel)
    throw new TypeError(
      'Expected propagate() to be called at the top level of a module. Workers import that module to get the storage, and do not call its functions.',
    )
  propagations.set(id, { id, storage: als, serialize, deserialize })
}

/** The stores of the current async context, with the storages that they belong to. */
export function storesHere(): Array<readonly [Propagation, unknown]> {
  const stores: Array<readonly [Propagation, unknown]> = []
  for (const propagation of propagations.values()) {
    const store = propagation.storage.getStore()
    if (store !== undefined) stores.push([propagation, store])
  }
  return stores
}

export const isPropagating = (): boolean => propagations.size > 0

export function propagationOf(id: string): Propagation | undefined {
  return propagations.get(id)
}

/** Runs `fn` in a context that has these stores. */
export function runWithStores<R>(stores: readonly Store[], fn: () => R): R {
  return stores.reduceRight<() => R>(
    (inner, [{ storage }, store]) =>
      () =>
        storage.run(store, inner),
    fn,
  )()
}
