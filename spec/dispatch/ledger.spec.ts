import { CancelledError } from '../../src/errors'
import { type Ledger } from '../../src/dispatch/ledger'
import type { Call } from '../../src/dispatch/call'
import { FakePool } from './fake-channel'

/** A call that a dispatcher has accepted and nobody has settled. */
function accepted(): { call: Call; ledger: Ledger } {
  const pool = new FakePool()
  return { call: pool.call('a'), ledger: pool.dispatcher.ledger }
}

describe('the ledger', () => {
  const settlements = {
    finish: (ledger: Ledger, call: Call) => ledger.finish(call, 1),
    fail: (ledger: Ledger, call: Call) => ledger.fail(call, new Error('failed')),
    cancel: (ledger: Ledger, call: Call) => ledger.cancel(call, new CancelledError()),
  }

  describe.each(Object.entries(settlements))('%s', (name, settle) => {
    test('settles a call once; who comes later is told so', async () => {
      const { call, ledger } = accepted()
      const outcomes: unknown[] = []
      call.future.addDoneCallback((future) => outcomes.push(future.peek().state))
      expect(ledger.pending).toBe(1)
      expect(settle(ledger, call)).toBe(true)
      for (const again of Object.values(settlements)) expect(again(ledger, call)).toBe(false)
      expect(outcomes).toEqual([{ finish: 'finished', fail: 'failed', cancel: 'cancelled' }[name]])
      expect([ledger.pending, ledger.settled]).toEqual([0, 1])
      await call.future.catch(() => undefined)
    })
  })

  test('takes down what waits for the settlement, before anybody is told', () => {
    const { call, ledger } = accepted()
    const order: string[] = []
    call.whenSettled(() => order.push('cleanup'))
    call.future.addDoneCallback(() => order.push('callback'))
    ledger.finish(call, 1)
    call.whenSettled(() => order.push('at once'))
    expect(order).toEqual(['cleanup', 'callback', 'at once'])
  })

  test('tells when nothing is pending', async () => {
    const { call, ledger } = accepted()
    let empty = false
    const waiting = ledger.whenEmpty().then(() => (empty = true))
    await Promise.resolve()
    expect(empty).toBe(false)
    ledger.finish(call, 1)
    await waiting
    await ledger.whenEmpty()
  })
})
