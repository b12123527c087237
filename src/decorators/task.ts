import type { AnyFunction } from '../pools/pool-options'
import { register } from '../registry/registrations'
import { copyOwn } from './copy-own'
import { ensureMethod } from './refusals'

/**
 * Makes a function schedulable on pools: `pool.schedule(add, { args: [1, 2] })`. Called directly it runs where it is
 * called, as before, unlike one wrapped by `thread` or `process`.
 *
 * It is found in a worker by its module: make it at the top level.
 *
 * @throws {TypeError} `fn` is no function
 * @example
 * export const add = task((a: number, b: number) => a + b)
 */
export function task<F extends AnyFunction>(fn: F): F {
  ensureMethod('task', fn)
  const { wrapper } = {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(fn, this, args)
    },
  }
  copyOwn(fn, wrapper)
  register({ name: fn.name, holder: 'function', original: fn, wrapper, below: task })
  return wrapper as F
}
