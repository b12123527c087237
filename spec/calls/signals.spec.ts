import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import { CancelledError, futureOf } from 'pebble-ts'
import { limits } from '../fixtures/limits'
import { Gate, lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { failure, settled, until } from '../support/until'

const trap = (): never => {
  throw new Error('a trap')
}

useSoloPools()

forEachKind('an AbortSignal among the arguments', (kind) => {
  const job = limits[kind]

  test('aborts in the body too, and cancels the call', async () => {
    const [gate, log, abortion] = [new Gate(), scratchFile(), new AbortController()]
    const future = futureOf(job.withSignal(gate.path, log, abortion.signal))
    await gate.whenArrived()
    expect(lines(log)).toEqual(['aborted: false'])
    abortion.abort('enough')
    expect(future.cancelled()).toBe(true)
    const error = await failure<CancelledError>(future)
    expect(error).toBeInstanceOf(CancelledError)
    expect(error.cause).toBe('enough')
    await until(() => lines(log).includes('left'), 'the body to leave')
    expect(lines(log)).toContain('reason: enough')
  })

  test.each<[string, unknown, string]>([
    ['a symbol', Symbol('why'), 'Symbol(why)'],
    ['a function', function why() {}, '[Function: why]'],
    ['something that cannot be shown', { [inspect.custom]: () => trap() }, '[object Object]'],
    ['an object', ['a', 1], 'a,1'],
    ['an error without a text', Object.assign(new Error(), { message: Symbol('why') }), 'Error: Symbol(why)'],
    ['an error', new RangeError('too far'), 'RangeError: too far'],
    ['none', undefined, 'AbortError: This operation was aborted'],
    ['a DOMException', new DOMException('late', 'TimeoutError'), 'TimeoutError: late'],
  ])('can be aborted with %s as the reason', async (_what, reason, there) => {
    const [gate, log, abortion] = [new Gate(), scratchFile(), new AbortController()]
    const future = futureOf(job.withSignal(gate.path, log, abortion.signal))
    await gate.whenArrived()
    abortion.abort(reason)
    expect((await failure<CancelledError>(future)).cause).toBe(abortion.signal.reason)
    await until(() => lines(log).includes('left'), 'the body to leave')
    expect(lines(log)).toContain(`reason: ${there}`)
  })

  test('gives the body a reason of the same class', async () => {
    const [gate, log, abortion] = [new Gate(), scratchFile(), new AbortController()]
    const future = futureOf(job.reasonOf(gate.path, log, abortion.signal))
    await gate.whenArrived()
    abortion.abort(new RangeError('too far', { cause: 'the sea' }))
    await failure(future)
    await until(() => lines(log).length === 2, 'the body to note both reasons')
    expect(lines(log)).toEqual(['true RangeError too far, because of the sea', 'true AbortError RangeError: too far'])
  })

  test('cancels a waiting call', async () => {
    const [gate, other, abortion] = [new Gate(), new Gate(), new AbortController()]
    const blocker = job.pass(gate.path)
    await gate.whenArrived()
    const future = futureOf(job.withSignal(other.path, scratchFile(), abortion.signal))
    abortion.abort(new Error('changed my mind'))
    const error = await failure<CancelledError>(future)
    expect((error.cause as Error).message).toBe('changed my mind')
    gate.open()
    await settled(blocker)
    await settled(job.place())
    expect(other.arrived).toBe(0)
  })

  test('cancels the call at once if it has aborted already', async () => {
    const gate = new Gate()
    const future = futureOf(job.withSignal(gate.path, scratchFile(), AbortSignal.abort('before')))
    const error = await failure<CancelledError>(future)
    expect(error).toBeInstanceOf(CancelledError)
    expect(error.cause).toBe('before')
    await settled(job.place())
    expect(gate.arrived).toBe(0)
  })

  test('can be inside another argument, and has no listener left afterwards', async () => {
    const [gate, abortion] = [new Gate(), new AbortController()]
    gate.open()
    expect(await settled(job.nestedSignal(gate.path, { signal: abortion.signal }))).toBe(false)
    expect(getEventListeners(abortion.signal, 'abort')).toEqual([])
  })

  test('can be shared by calls, which are all cancelled', async () => {
    const [gate, abortion] = [new Gate(), new AbortController()]
    const futures = [1, 2, 3, 4].map(() => futureOf(job.nestedSignal(gate.path, { signal: abortion.signal })))
    await gate.whenArrived(2)
    abortion.abort()
    for (const future of futures) expect(await failure(future)).toBeInstanceOf(CancelledError)
    expect(getEventListeners(abortion.signal, 'abort')).toEqual([])
  })
})
