import { FakePool } from './fake-pool'
import { outcome } from '../support/outcome'

describe('a call with `daemon: false`', () => {
  test('has a listener on the exit of the program until it is settled', async () => {
    const before = process.listenerCount('exit')
    const pool = new FakePool()
    const calls = [pool.call('a', { daemon: false }), pool.call('b', { daemon: true })]
    expect(process.listenerCount('exit')).toBe(before + 1)
    pool.worker(0).serve().run('a')
    expect(process.listenerCount('exit')).toBe(before)
    pool.worker(1).serve().run('b')
    await Promise.all(calls.map(outcome))
  })
})
