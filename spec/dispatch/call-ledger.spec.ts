import { join } from 'node:path'
import { isNativeError } from 'node:util/types'
import { CancelledError } from '../../src/errors'
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

/** A call that a dispatcher has accepted and nobody has settled. */
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

  test('tells when nothing is pending, and not while a done-callback brings more', async () => {
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

  test('a cancellation is nobody’s who does not look: no unhandledRejection', async () => {
    const { call, ledger } = accepted()
    ledger.cancel(call, new CancelledError())
    await turns() // one that is not handled fails the test
    expect(call.future.cancelled()).toBe(true)
  })
})

describe('what a worker sends', () => {
  const CONTEXT = { root: 'result', kind: 'process' } as const
  const GARBAGE = { data: new Uint8Array([1, 2, 3]), flags: BYTES }
  const message = (kind: MessageKind, { data, flags }: { data: unknown; flags: number }): WorkerMessage => ({ kind, sequence: 1, duration: 0, flags, data }) // prettier-ignore

  test('as its outcome settles the call: a value, also an error that is one, or what was thrown', async () => {
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
  ] as const)('and cannot be read fails it (%i)', async (kind, how) => {
    const { call, ledger } = accepted()
    const settled = outcome(call)
    ledger[how](call, message(kind, GARBAGE))
    expect(isNativeError(await settled)).toBe(true)
    expect(call.future.peek().state).toBe('failed')
  })

  test('before it goes to those who listen, and the call goes on', () => {
    const heard: unknown[] = []
    const pool = new FakePool()
    const call = pool.call('a', {}, { onEvent: (news) => heard.push(news) })
    call.future.onProgress((progress) => heard.push(progress))
    const item = message(MessageKind.Item, pack('item', CONTEXT))
    pool.dispatcher.ledger.event(call, item)
    pool.dispatcher.ledger.event(call, message(MessageKind.Progress, pack('half', CONTEXT)))
    pool.dispatcher.ledger.event(pool.call('b'), item) // nobody listens
    expect(heard).toEqual([item, 'half'])
    expect(pool.dispatcher.ledger.pending).toBe(2)
  })

  test('and whose listener throws fails the call with that', async () => {
    const pool = new FakePool()
    const error = new Error('no')
    const call = pool.call('a', {}, { onEvent: () => { throw error } }) // prettier-ignore
    const settled = outcome(call)
    pool.dispatcher.ledger.event(call, message(MessageKind.Item, pack('item', CONTEXT)))
    expect(await settled).toBe(error)
  })
})

describe('the frames of the caller', () => {
  const USER = '    at user (/app/main.js:1:2)'
  const own = `    at submit (${join(__dirname, '..', '..', 'src', 'pools', 'pool.ts')}:1:1)`
  const caller = { stack: `Error\n${own}\n${USER}` }

  /** Fails a call that was made there. */
  async function failed(error: unknown, from: { caller?: typeof caller } = { caller }): Promise<unknown> {
    const pool = new FakePool()
    const call = pool.call('a', {}, from)
    const settled = outcome(call)
    expect(pool.dispatcher.ledger.fail(call, error)).toBe(true)
    expect(await settled).toBe(error)
    return error
  }

  test('stand below those of the error: of the remote ones, where there are', async () => {
    const remote = Object.assign(new RangeError('no'), { traceback: 'RangeError: no\n    at body (/app/jobs.js:3:4)' })
    await failed(remote)
    expect(remote.stack).toBe(`${remote.traceback}\n    at (called from the parent)\n${USER}`)
    const local = new RangeError('no')
    await failed(local)
    expect(local.stack).toBe(`RangeError: no\n    at (called from the parent)\n${USER}`)
    local.stack = 'can be changed'
    expect([local.stack, Object.keys(local)]).toEqual(['can be changed', []])
  })

  test('are added to cancellations, too', async () => {
    const pool = new FakePool()
    const call = pool.call('a', {}, { caller })
    const error = new CancelledError('gone')
    pool.dispatcher.ledger.cancel(call, error)
    expect(error.stack).toBe(`AbortError: gone\n    at (called from the parent)\n${USER}`)
    await outcome(call)
  })

  test('are left out where none are known, where nothing has a stack, and where it cannot be changed', async () => {
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

  test('are not added to an error that comes too late: it may be somebody else’s', () => {
    const pool = new FakePool()
    const call = pool.call('a', {}, { caller })
    pool.dispatcher.ledger.finish(call, caller)
    const late = new Error('late')
    const { stack } = late
    expect(pool.dispatcher.ledger.fail(call, late)).toBe(false)
    expect(late.stack).toBe(stack)
  })

  test('and a result is what it was, also where it is an error', () => {
    const pool = new FakePool()
    const call = pool.call('a', {}, { caller })
    const error = new Error('a value')
    const { stack } = error
    pool.dispatcher.ledger.finish(call, error)
    expect([call.future.peek().value, error.stack]).toEqual([error, stack])
  })
})

describe('whatever `Error.prepareStackTrace` of the program gives, a call settles', () => {
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
    ['an object that is no text', { value: () => Object.create(null) as unknown }],
    ['a throw', { value: fails }],
    ['a getter that throws', { get: fails }],
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

test('what is taken down with a call may fail: the rest is taken down, and the call settles', async () => {
  const { call, ledger } = accepted()
  const told = warnings()
  const done: string[] = []
  call.whenSettled(() => {
    throw new RangeError('a listener that cannot be removed')
  })
  call.whenSettled(() => done.push('the next'))
  expect(ledger.finish(call, 1)).toBe(true)
  expect(await outcome(call)).toBe(1)
  expect([done, ledger.pending]).toEqual([['the next'], 0])
  await turns()
  expect(String(told[0]?.detail)).toContain('a listener that cannot be removed')
})
