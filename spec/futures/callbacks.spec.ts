/** Callbacks, and the futures of calls whose workers are controlled by the spec. */
import { CancelledError } from '../../src/errors'
import { attachCallbacks } from '../../src/futures/callbacks'
import type { ProcessFuture } from '../../src/futures/process-future'
import { FakePool } from '../dispatch/fake-pool'
import { turns } from '../support/leftovers'
import { warnings } from '../support/warnings'
import { cancel, fail, finish, open } from './open-futures'

describe('callbacks', () => {
  const ERROR = new RangeError('no')

  test('get the result or the error (cancellations included), the id and their `this`', async () => {
    const self = {}
    const heard: unknown[] = []
    const callbacks = {
      callback(this: unknown, ...args: unknown[]) {
        heard.push(['callback', this === self, ...args])
      },
      errorCallback(this: unknown, ...args: unknown[]) {
        heard.push(['errorCallback', this === self, ...args])
      },
    }
    const futures = [open(), open(), open()] as const
    for (const future of futures) attachCallbacks(future, callbacks, self)
    const cancellation = new CancelledError()
    finish(futures[0], 1)
    fail(futures[1], ERROR)
    cancel(futures[2], cancellation)
    expect(heard).toEqual([
      ['callback', true, futures[0].id, 1],
      ['errorCallback', true, futures[1].id, ERROR],
      ['errorCallback', true, futures[2].id, cancellation],
    ])
    await turns() // with an errorCallback, the future need not be handled: an unhandled rejection fails the test
  })

  test('get only the outcomes of their own kind', async () => {
    const warned = warnings()
    const heard: string[] = []
    const [good, bad] = [open(), open()]
    attachCallbacks(good, { errorCallback: () => heard.push('errorCallback') }, undefined)
    attachCallbacks(bad, { callback: () => heard.push('callback') }, undefined)
    finish(good, 1)
    fail(bad, ERROR)
    await expect(bad).rejects.toBe(ERROR)
    expect([heard, warned]).toEqual([[], []])
  })

  test('that reject cause warnings', async () => {
    const heard = warnings()
    const [good, bad] = [open(), open()]
    for (const future of [good, bad]) {
      const reject = (() => Promise.reject(ERROR)) as never
      attachCallbacks(future, { callback: reject, errorCallback: reject }, undefined)
    }
    finish(good, 1)
    fail(bad, ERROR)
    await turns()
    expect(heard.map(({ detail }) => detail)).toEqual([ERROR.stack, ERROR.stack])
  })
})

describe('the future of a call', () => {
  test('is running from the start of its body to its outcome, and has the pid once the call was sent', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const [first, second] = pool.calls('a', 'b').map(({ future }) => future as ProcessFuture<unknown>)
    const worker = pool.worker(0).serve()
    const answers = (): unknown => [first, second].map((future) => [future?.running(), future?.done(), future?.pid])
    expect(answers()).toEqual([[false, false, worker.id], [false, false, null]]) // prettier-ignore
    worker.start('a')
    expect(answers()).toEqual([[true, false, worker.id], [false, false, null]]) // prettier-ignore
    worker.finish('a')
    expect(answers()).toEqual([[false, true, worker.id], [false, false, worker.id]]) // prettier-ignore
    worker.run('b')
    expect(await Promise.all([first, second])).toEqual(['a!', 'b!'])
  })
})
