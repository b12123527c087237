/** What workers send beside outcomes. */
import type { Call } from '../../src/dispatch/call'
import { packThrown } from '../../src/wire/errors'
import { offerService } from '../../src/registry/services'
import { MessageKind, UNANSWERED, type ControlMessage, type WorkerMessage } from '../../src/wire/messages'
import { pack, unpack } from '../../src/wire/values'
import { FakePool } from './fake-pool'
import { turns } from '../support/leftovers'
import { outcome } from '../support/outcome'
import { warnings } from '../support/warnings'

const say = (kind: MessageKind, more: Partial<WorkerMessage> = {}): WorkerMessage => ({ kind, sequence: 0, duration: 0, flags: 0, data: undefined, ...more }) // prettier-ignore
const thrown = (error: unknown): Partial<WorkerMessage> => packThrown(error, { root: 'error', kind: 'process' })
const request = (sequence: number, service: string, body: unknown): WorkerMessage =>
  say(MessageKind.Request, { sequence, ...pack([service, body], { root: 'request', kind: 'process' }) })

describe('a message of a worker', () => {
  test('that it is over its memory limit retires it: it finishes the calls that it has started, another runs the rest', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const calls = pool.calls('a', 'b', 'c')
    await pool.flushed()
    worker.start('a')
    worker.message(say(MessageKind.OverMemory))
    expect([worker.killed, worker.controls]).toEqual([false, []])
    expect(pool.dispatcher.workers.assignable).toHaveLength(1) // it keeps its place until it stops
    worker.finish('a')
    for (const name of ['b', 'c']) worker.finish(name, 0, MessageKind.Revoked)
    expect(worker.controls).toEqual([{ type: 'stop' }])
    worker.exit({ exitCode: 0 })
    await turns()
    const next = pool.worker(1).serve()
    await pool.flushed()
    for (const name of ['b', 'c']) next.run(name)
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!', 'c!'])
  })

  test('that it is over its memory limit stops it at once if it has no calls', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    worker.message(say(MessageKind.OverMemory))
    expect(worker.controls).toEqual([{ type: 'stop' }])
    pool.call('a')
    await pool.flushed()
    expect(worker.names).toEqual(['first'])
  })

  test('about an uncaught error becomes a warning', () => {
    const seen = warnings()
    const pool = new FakePool()
    pool.call('a')
    pool.worker(0).message(say(MessageKind.Warning, thrown(new RangeError('uncaught'))))
    pool.worker(0).message(say(MessageKind.Warning, { data: new Uint8Array([1, 2]), flags: 2 }))
    expect(seen.map(({ detail }) => detail?.split('\n')[0])).toEqual([
      'RangeError: uncaught',
      'PebbleError: a worker threw an error that could not be read.',
    ])
  })

  test('that is a request gets a response', async () => {
    const pool = new FakePool()
    pool.call('a')
    const worker = pool.worker(0)
    worker.message(request(3, 'nobody', 1))
    await turns()
    expect(worker.controls).toMatchObject([{ type: 'response', request: 3, failed: true }])
  })

  test('that is a request counts as open until its response is sent', async () => {
    let answer!: (value: unknown) => void
    const handle = jest.fn(() => new Promise((resolve) => (answer = resolve)))
    offerService('echo', { handle, ownerExited: () => {} })
    const pool = new FakePool({ name: 'asking' })
    pool.call('a')
    const worker = pool.worker(0)
    const [asking] = pool.dispatcher.workers.all()
    worker.message(request(3, 'echo', 'question'))
    await turns()
    expect([handle.mock.calls, worker.controls, asking?.openRequests]).toEqual([[[asking?.name, 'question']], [], 1])
    answer(new Date(5))
    await turns()
    const [response] = worker.controls as Array<ControlMessage & { type: 'response' }>
    expect(response).toMatchObject({ type: 'response', request: 3, failed: false })
    expect(unpack(response?.data, response?.flags as number, {})).toEqual(new Date(5))
    expect(asking?.openRequests).toBe(0)
  })

  test('that is a request whose response cannot be sent gets an error that names it', async () => {
    offerService('functions', { handle: () => () => {}, ownerExited: () => {} })
    const pool = new FakePool()
    pool.call('a')
    const worker = pool.worker(0)
    worker.message(request(4, 'functions', undefined))
    await turns()
    const [response] = worker.controls as Array<ControlMessage & { type: 'response' }>
    expect(response).toMatchObject({ type: 'response', request: 4, failed: true })
    expect(unpack(response?.data, response?.flags as number, {})).toMatchObject({
      code: 'ERR_PEBBLE_SERIALIZATION',
      message: expect.stringContaining('`response`'),
    })
  })

  test('that is a request without a number gets no response, whether it succeeds or fails', async () => {
    const handle = jest.fn((_owner: string, body: unknown) => {
      if (body === 'fail') throw new RangeError('failed')
    })
    offerService('told', { handle, ownerExited: () => {} })
    const pool = new FakePool()
    pool.call('a')
    const worker = pool.worker(0)
    for (const body of ['succeed', 'fail']) worker.message(request(UNANSWERED, 'told', body))
    await turns()
    expect(handle).toHaveBeenCalledTimes(2)
    expect([worker.controls, pool.dispatcher.workers.all()[0]?.openRequests]).toEqual([[], 0])
  })

  test('that is an event goes to its call, until the call is settled', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const events: unknown[] = []
    const call = pool.call('a', { grace: 60_000 }, { onEvent: ({ data }) => events.push(data) })
    const worker = pool.worker(0).serve()
    worker.start('a')
    const sequence = worker.sequences[0] as number
    worker.message(say(MessageKind.Item, { sequence, data: 1 }))
    expect(worker.controls).toEqual([])
    expect([events, call.future.done(), pool.dispatcher.workers.assignable[0]?.outcomes]).toEqual([[1], false, 0])
    call.cancel()
    worker.message(say(MessageKind.Item, { sequence, data: 2 }))
    expect(events).toEqual([1])
    worker.finish('a')
    await outcome(call)
  })

  test('that is an event of a revoked call is ignored', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    await pool.flushed()
    worker.start('a')
    b.cancel()
    worker.message(say(MessageKind.Item, { sequence: b.sequence, data: 1 }))
    worker.finish('a')
    expect(await Promise.all([a, b].map(outcome))).toEqual(['a!', expect.objectContaining({ code: 'ERR_PEBBLE_CANCELLED' })]) // prettier-ignore
  })
})

test('`flush()` of a call that no worker has does nothing', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const [running, queued] = pool.calls('running', 'queued') as [Call, Call]
  expect(() => pool.dispatcher.flush(queued)).not.toThrow()
  const worker = pool.worker(0).serve()
  worker.run('running')
  await pool.flushed()
  worker.run('queued')
  expect(await Promise.all([running, queued].map(outcome))).toEqual(['running!', 'queued!'])
})

describe('`tell()`', () => {
  const RETURN = (sequence: number) => ({ type: 'return', sequence }) as const

  test('sends a message behind a call that was sent and has no outcome', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    pool.method.expectedDuration = Infinity
    const [queued, waiting] = [pool.call('running'), pool.call('waiting')]
    expect(pool.dispatcher.tell(waiting, RETURN)).toBe(false)
    worker.run('running', 0.01)
    await outcome(queued)
    pool.method.expectedDuration = 0.01
    worker.run('waiting', 0.01)
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    expect(worker.names).not.toContain('b') // it is in a batch that is not sent yet
    expect(pool.dispatcher.tell(b, RETURN)).toBe(true)
    expect(worker.names.at(-1)).toBe('b')
    expect(worker.sent.at(-1)?.message).toEqual({ type: 'return', sequence: worker.sequences.at(-1) })
    worker.run('a')
    worker.run('b')
    expect([pool.dispatcher.tell(a, RETURN), pool.dispatcher.tell(b, RETURN)]).toEqual([false, false])
    await Promise.all([a, b].map(outcome))
  })
})

test('a worker in which the library fails with an error that cannot be read, fails its calls with an error that says so', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const failed = outcome(pool.call('running'))
  const worker = pool.worker(0).serve()
  worker.start('running')
  worker.message(say(MessageKind.Failed, { data: new Uint8Array([1, 2]), flags: 2 }))
  worker.exit({ exitCode: 70 })
  expect(await failed).toMatchObject({ cause: { message: 'a worker threw an error that could not be read.' } })
})

test('a worker in which the library itself fails, fails its calls with that cause', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const [running, next] = pool.calls('running', 'next') as [Call, Call]
  const failed = outcome(running)
  const worker = pool.worker(0).serve()
  worker.start('running')
  worker.message(say(MessageKind.Failed, thrown(new RangeError('inside'))))
  worker.exit({ exitCode: 70 })
  expect(await failed).toMatchObject({ code: 'ERR_PEBBLE_PROCESS_EXPIRED', exitCode: 70, cause: { message: 'inside' } })
  pool.worker(1).serve().run('next')
  expect(await outcome(next)).toBe('next!')
})
