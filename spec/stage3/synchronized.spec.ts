import { Lock, synchronized } from 'pebble-ts'
import { describeSynchronized } from '../suites/synchronized'
import * as services from './synchronized-services'

describeSynchronized(services)

it('a #private method can be synchronized in stage 3', async () => {
  const lock = new Lock()
  class Foo {
    @synchronized(lock)
    async #secret(): Promise<boolean> {
      return lock.locked
    }

    read(): Promise<boolean> {
      return this.#secret()
    }
  }
  await expect(new Foo().read()).resolves.toBe(true)
  expect(lock.locked).toBe(false)
})
