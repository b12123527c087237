import { join } from 'node:path'
import { isNativeError } from 'node:util/types'
import { CancelledError } from '../../src/errors'
import { Future } from '../../src/futures/future'
import { type CallLedger } from '../../src/dispatch/call-ledger'
import type { Call } from '../../src/dispatch/call'
import { packThrown } from '../../src/wire/errors'
import { MessageKind, type WorkerMessage } from '../../src/wire/messages'
import { BYTES, pack } from '../../src/wire/values'
import { turns } from '../support/leftovers'
import { outcome } from '../support/outcome'
import { FakePool } from './fake-pool'
import { recordCaller } from '../../src/dispatch/caller-stack'
import { warnings } from '../support/warnings'

/** A call that the dispatcher has accepted and that is not settled. */
function accepted(): { call: Call; ledger: CallLedger } {
  const pool = new FakePool()
  return { call: pool.call('a'), ledger: pool.dispatcher.ledger }
}

describe('the ledger', () => {
  const settlements = {
    finish: (ledger: CallLedger, call: Call) => ledger.finish(call, 1),
    fail: (ledger: CallLedger, call: Call) => ledger.fail(call, new Error('failed')),
    cancel: (ledger: CallLedger, call: Call) => ledger.cancel(call, new CancelledError()),
  }

  describe.each(Object.entries(settlements))('%s', (name, settle) => {
    test('settles a call once; later attempts return false', async () => {
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

  test('runs cleanups before done-callbacks', () => {
    const { call, ledger } = accepted()
    const order: string[] = []
    call.whenSettled(() => order.push('cleanup'))
    call.future.addDoneCallback(() => order.push('callback'))
    ledger.finish(call, 1)
    call.whenSettled(() => order.push('at once'))
    expect(order).toEqual(['cleanup', 'callback', 'at once'])
  })

  test('`whenEmpty()` resolves once nothing is pending, calls of done-callbacks included', async () => {
    const pool = new FakePool()
    const { ledger } = pool.dispatcher
    await ledger.whenEmpty()
    const call = pool.call('a')
    let next: Call | undefined
    call.future.addDoneCallback(() => (next = pool.call('b')))
    let empty = 0
    const waiting = [ledger.whenEmpty(), ledger.whenEmpty()].map((when) => when.then(() => (empty += 1)))
    ledger.finish(call, 1)
    await turns()
    expect([empty, ledger.pending]).toEqual([0, 1])
    ledger.finish(next as Call, 1)
    await Promise.all(waiting)
    expect([empty, ledger.settled]).toEqual([2, 2])
  })

  test('a cancellation raises no unhandledRejection', async () => {
    const { call, ledger } = accepted()
    ledger.cancel(call, new CancelledError())
    await turns() // one that is not handled fails the test
    expect(call.future.cancelled()).toBe(true)
  })

  test('only a cancellation is marked as handled', async () => {
    const [failed, cancelled] = [accepted(), accepted()]
    const marks = [failed, cancelled].map(({ call }) => jest.spyOn(call.future, 'markHandled'))
    failed.ledger.fail(failed.call, new Error('no'))
    cancelled.ledger.cancel(cancelled.call, new CancelledError())
    expect(marks.map((mark) => mark.mock.calls.length)).toEqual([0, 1])
    await outcome(failed.call)
  })

  test('goes on if the future itself fails, with a warning', () => {
    const seen = warnings()
    const { call, ledger } = accepted()
    jest.spyOn(Future, 'settle').mockImplementation(() => {
      throw new RangeError('inside')
    })
    expect([ledger.finish(call, 1), ledger.pending]).toEqual([true, 0])
    expect(seen).toMatchObject([
      { type: 'PebbleWarning', detail: expect.stringMatching('RangeError: inside') as string },
    ])
  })
})

describe('a message of a worker', () => {
  const CONTEXT = { root: 'result', kind: 'process' } as const
  const GARBAGE = { data: new Uint8Array([1, 2, 3]), flags: BYTES }
  const message = (kind: MessageKind, { data, flags }: { data: unknown; flags: number }): WorkerMessage => ({ kind, sequence: 1, duration: 0, flags, data }) // prettier-ignore

  test('that is an outcome settles the call: with a value, which may be an error, or with what was thrown', async () => {
    const error = new RangeError('no')
    for (const [kind, packed, state] of [
      [MessageKind.Value, pack(7, CONTEXT), 'finished'],
      [MessageKind.Value, pack(error, CONTEXT), 'finished'],
      [MessageKind.Thrown, packThrown(error, CONTEXT), 'failed'],
      [MessageKind.Thrown, packThrown('a text', CONTEXT), 'failed'],
    ] as const) {
      const { call, ledger } = accepted()
      const settled = outcome(call)
      ledger.conclude(call, message(kind, packed))
      expect(call.future.peek().state).toBe(state)
      expect(await settled).toEqual(packed.data === 7 ? 7 : call.future.peek().value)
    }
  })

  test.each([
    [MessageKind.Value, 'conclude'],
    [MessageKind.Thrown, 'conclude'],
    [MessageKind.Progress, 'event'],
  ] as const)('that cannot be decoded fails the call (%i)', async (kind, how) => {
    const { call, ledger } = accepted()
    const settled = outcome(call)
    ledger[how](call, message(kind, GARBAGE))
    expect(isNativeError(await settled)).toBe(true)
    expect(call.future.peek().state).toBe('failed')
  })

  test('that is an event goes to the listeners, and the call goes on', () => {
    const events: unknown[] = []
    const pool = new FakePool()
    const call = pool.call('a', {}, { onEvent: (event) => events.push(event) })
    call.future.onProgress((progress) => events.push(progress))
    const item = message(MessageKind.Item, pack('item', CONTEXT))
    expect(pool.dispatcher.ledger.event(call, item)).toBe(false)
    expect(pool.dispatcher.ledger.event(call, message(MessageKind.Progress, pack('half', CONTEXT)))).toBe(false)
    pool.dispatcher.ledger.event(pool.call('b'), item) // it has no listener
    expect(events).toEqual([item, 'half'])
    expect(pool.dispatcher.ledger.pending).toBe(2)
  })

  test('whose listener throws fails the call with that error', async () => {
    const pool = new FakePool()
    const error = new Error('no')
    const call = pool.call('a', {}, { onEvent: () => { throw error } }) // prettier-ignore
    const settled = outcome(call)
    expect(pool.dispatcher.ledger.event(call, message(MessageKind.Item, pack('item', CONTEXT)))).toBe(true)
    expect(await settled).toBe(error)
  })
})

describe('the frames of the caller', () => {
  const USER = '    at user (/app/main.js:1:2)'
  const own = `    at submit (${join(__dirname, '..', '..', 'src', 'pools', 'pool.ts')}:1:1)`
  const caller = { stack: `Error\n${own}\n${USER}` }

  /** Fails a call of that caller. */
  async function failed(error: unknown, from: { caller?: typeof caller } = { caller }): Promise<unknown> {
    const pool = new FakePool()
    const call = pool.call('a', {}, from)
    const settled = outcome(call)
    expect(pool.dispatcher.ledger.fail(call, error)).toBe(true)
    expect(await settled).toBe(error)
    return error
  }

  test('are appended to those of the error, or to the remote ones if there are any', async () => {
    const remote = Object.assign(new RangeError('no'), { traceback: 'RangeError: no\n    at body (/app/jobs.js:3:4)' })
    await failed(remote)
    expect(remote.stack).toBe(`${remote.traceback}\n    at (called from the parent)\n${USER}`)
    const local = new RangeError('no')
    await failed(local)
    expect(local.stack).toBe(`RangeError: no\n    at (called from the parent)\n${USER}`)
    local.stack = 'can be changed'
    expect([local.stack, Object.keys(local)]).toEqual(['can be changed', []])
  })

  test('are added to cancellations', async () => {
    const pool = new FakePool()
    const call = pool.call('a', {}, { caller })
    const error = new CancelledError('gone')
    pool.dispatcher.ledger.cancel(call, error)
    expect(error.stack).toBe(`AbortError: gone\n    at (called from the parent)\n${USER}`)
    await outcome(call)
  })

  test('are not added if there are none, if the value has no stack, or if the stack cannot be changed', async () => {
    const error = new Error('no')
    const { stack } = error
    await failed(error, { caller: { stack: `Error\n${own}` } })
    await failed(error, {})
    expect(error.stack).toBe(stack)
    await failed('a text')
    const frozen = Object.freeze(new Error('no'))
    const before = frozen.stack
    await failed(frozen)
    expect(frozen.stack).toBe(before)
  })

  test('are not added to an error that comes too late: it may belong to other code', () => {
    const pool = new FakePool()
    const call = pool.call('a', {}, { caller })
    pool.dispatcher.ledger.finish(call, caller)
    const late = new Error('late')
    const { stack } = late
    expect(pool.dispatcher.ledger.fail(call, late)).toBe(false)
    expect(late.stack).toBe(stack)
    const gone = new CancelledError('late')
    const before = gone.stack
    expect(pool.dispatcher.ledger.cancel(call, gone)).toBe(false)
    expect(gone.stack).toBe(before)
  })

  test('are not added to an error that is a result', () => {
    const pool = new FakePool()
    const call = pool.call('a', {}, { caller })
    const error = new Error('a value')
    const { stack } = error
    pool.dispatcher.ledger.finish(call, error)
    expect([call.future.peek().value, error.stack]).toEqual([error, stack])
  })
})

describe('a call settles even if `Error.prepareStackTrace` of the program returns', () => {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  const fails = (): never => {
    throw new RangeError('no stack')
  }
  afterEach(() => {
    if (prepare) Object.defineProperty(Error, 'prepareStackTrace', prepare)
    else Reflect.deleteProperty(Error, 'prepareStackTrace')
  })

  test.each<[string, PropertyDescriptor]>([
    ['an array', { value: (_error: Error, sites: unknown[]) => sites }],
    ['undefined', { value: () => undefined }],
    ['a number', { value: () => 7 }],
    ['an object without a text', { value: () => Object.create(null) as unknown }],
    ['nothing, because it throws', { value: fails }],
    ['nothing, because it is a getter that throws', { get: fails }],
  ])('%s', async (_what, descriptor) => {
    const pool = new FakePool({ maxWorkers: 3 })
    Object.defineProperty(Error, 'prepareStackTrace', { ...descriptor, configurable: true })
    const open = (name: string): Call => pool.call(name, {}, { caller: recordCaller() })
    const [failed, cancelled, died] = [open('failed'), open('cancelled'), open('died')]
    const reason = new RangeError('out of range')
    const outcomes = [failed, cancelled, died].map((call) => call.future.exception().catch((error: unknown) => error))
    expect(pool.dispatcher.ledger.fail(failed, reason)).toBe(true)
    expect(cancelled.future.cancel()).toBe(true)
    pool.worker(2).start('died')
    pool.worker(2).exit()
    const [error, ...others] = await Promise.all(outcomes)
    expect(error).toBe(reason)
    expect(others).toMatchObject([{ code: 'ERR_PEBBLE_CANCELLED' }, { code: 'ERR_PEBBLE_PROCESS_EXPIRED' }])
  })
})

test('a cleanup that throws causes a warning: the other cleanups run, and the call settles', async () => {
  const { call, ledger } = accepted()
  const seen = warnings()
  const done: string[] = []
  call.whenSettled(() => {
    throw new RangeError('a listener that cannot be removed')
  })
  call.whenSettled(() => done.push('the next'))
  expect(ledger.finish(call, 1)).toBe(true)
  expect(await outcome(call)).toBe(1)
  expect([done, ledger.pending]).toEqual([['the next'], 0])
  await turns()
  expect(String(seen[0]?.detail)).toContain('a listener that cannot be removed')
  expect(seen).toMatchObject([{ message: 'An error occurred while a call was settled; the outcome of the call is not affected.', type: 'PebbleWarning' }]) // prettier-ignore
})
