import type { AnyFunction } from '../pools/pool-options'
import { register } from '../registry/registrations'
import { copyOwn } from './copy-own'
import { ensureMethod } from './refusals'

/**
 * Makes a function schedulable on pools: `pool.schedule(add, { args: [1, 2] })`. Unlike a function wrapped by `thread`
 * or `process`, it runs in the calling thread when it is called directly.
 *
 * A worker finds it by its module, so create it at the top level of a module.
 *
 * @throws {TypeError} `fn` is not a function, or is a class or a generator
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
