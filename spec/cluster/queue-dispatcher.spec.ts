/** The dispatcher on an engine in memory: what the suites with real engines cannot time. */
import { sealOutcome } from '../../src/cluster/envelope'
import { QueueCall, type QueueLimits } from '../../src/cluster/queue-call'
import { QueueDispatcher } from '../../src/cluster/queue-dispatcher'
import { DispatchedMethod } from '../../src/dispatch/call'
import { CancelledError, NotFoundError, PoolError, ProcessExpired } from '../../src/errors'
import { setRoot } from '../../src/utils/portable-names'
import { MessageKind } from '../../src/wire/messages'
import { FakeClock } from '../support/clock'
import { MemoryEngine } from './engine-memory'
import { job, Machine } from './engine.suite'

const never = () => new Promise<never>(() => undefined)
const sealed = (id: string, data: unknown, kind = MessageKind.Value): string =>
  sealOutcome(
    id,
    { message: { kind, sequence: 0, duration: 1, flags: 0, data }, events: [], worker: 'w', pid: 1 },
    false,
  )

const options = {
  queue: 'q',
  caller: 'me',
  secrets: false,
  code: 'any',
  retries: 0,
  maxPayload: 9_999,
  maxAge: 60_000,
  connectTimeout: 10_000,
  checkEvery: 2_000,
} as const
let clock: FakeClock
let memory: MemoryEngine
let dispatcher: QueueDispatcher
beforeAll(() => setRoot('file:///srv/app/'))
beforeEach(() => {
  clock = new FakeClock()
  memory = new MemoryEngine()
  const engine = memory.caller()
  dispatcher = new QueueDispatcher({ ...options, engine })
})

function makeCall(limits: QueueLimits = {}): QueueCall {
  const key = { module: { url: 'file:///srv/app/x.js', format: 'esm' }, holder: 'function', member: 'f' } as never
  const method = new DispatchedMethod({ index: 0, key, cls: null, label: '`f` of x.js' })
  const payload = { method, flags: 0, self: undefined, args: [], extra: undefined, transfer: undefined }
  const call = new QueueCall({ kind: 'process', flavour: 'concurrent', number: 0, limits, payload, caller: undefined })
  call.future.catch(() => undefined)
  return call
}
function submit(limits: QueueLimits = {}): QueueCall {
  const call = makeCall(limits)
  dispatcher.submit(call)
  return call
}
const outcome = ({ future }: QueueCall): unknown => future.peek().value

test('a record that was read before the call was added does not end it', async () => {
  const base = memory.caller()
  const gates: Array<() => void> = []
  const gate = (): Promise<void> => new Promise((resolve) => gates.push(resolve))
  let resumed: () => void = () => undefined
  const engine = {
    ...base,
    listen: (_caller: string, _reply: unknown, onResumed: () => void) => void (resumed = onResumed),
    add: async (jobs: Parameters<typeof base.add>[0]) => (await gate(), await base.add(jobs)),
    read: async (ids: readonly string[]) => {
      const records = await base.read(ids)
      await gate()
      return records
    },
  }
  dispatcher = new QueueDispatcher({ ...options, engine })
  const call = submit()
  await clock.pass(1)
  resumed()
  await clock.pass(1)
  expect(gates).toHaveLength(2)
  for (const open of gates) {
    open()
    await clock.pass(1)
  }
  expect([call.isAdded, call.future.done()]).toEqual([true, false])
})

test('a lost machine is told with no worker left', async () => {
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(never))
  const call = submit()
  await clock.pass(100)
  worker.die()
  await clock.pass(6_000 + 2 * 2_000)
  expect(outcome(call)).toBeInstanceOf(ProcessExpired)
  expect(outcome(call)).toMatchObject({ mayHaveRun: true, exitCode: null })
  expect(String(outcome(call))).toContain("Set `retries: { attempts: 2, on: ['lost'] }`")
})

test('a reply that is lost costs time only: the sweep reads the record', async () => {
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(({ id }) => ({ type: 'finished', outcome: sealed(id, 7) })))
  memory.network = () => []
  const call = submit()
  await clock.pass(4_100)
  expect(outcome(call)).toBe(7)
})

test('no timer is left once no call is pending', async () => {
  const sweeps = (): number[] => clock.timers.filter((ms) => ms > 100) // the network of the engine takes 1 ms
  const [first, second] = [submit(), submit()]
  await clock.pass(10)
  dispatcher.ledger.fail(first, new Error('over'))
  expect(sweeps()).toHaveLength(3) // with that of the warning that no worker serves the queue
  dispatcher.ledger.fail(second, new Error('over'))
  expect(sweeps()).toEqual([])
})

test('a record that is gone is told, and so is one that was never there', async () => {
  const call = submit()
  await clock.pass(100)
  memory.loseData()
  await clock.pass(4_100)
  expect(outcome(call)).toBeInstanceOf(PoolError)
  const attached = makeCall({ id: 'unknown' })
  dispatcher.attach(attached)
  await clock.pass(1_000)
  expect(outcome(attached)).toBeInstanceOf(NotFoundError)
})

test('an engine that does not answer rejects the call after connectTimeout, and what was added then is removed', async () => {
  memory.silence()
  const call = submit()
  await clock.pass(0)
  await clock.pass(9_000)
  expect(call.future.done()).toBe(false)
  await clock.pass(1_100)
  expect(outcome(call)).toMatchObject({ reason: 'unavailable', mayHaveRun: true })
  memory.resume()
  await clock.pass(1_000)
  expect(memory.jobs.size).toBe(0)
})

test('a job of another program under the id of a call fails that call, and the sweep goes on', async () => {
  memory.add({ ...job('mine'), data: { c: 'x' } })
  const call = submit({ id: 'mine' })
  const other = submit()
  memory.jobs.get('mine')!.pickUps = 1
  await clock.pass(3_000)
  expect(String(outcome(call))).toContain('a job that is no call of pebble-ts')
  memory.loseData()
  await clock.pass(4_100)
  expect(outcome(other)).toBeInstanceOf(PoolError)
})

test('a call that was cancelled before it was added leaves the job to others that wait for it', async () => {
  memory.silence()
  const [first, second] = [submit({ id: 'shared' }), submit({ id: 'shared' })]
  await clock.pass(10)
  first.cancel()
  memory.resume()
  await clock.pass(2_000)
  expect(outcome(first)).toBeInstanceOf(CancelledError)
  expect([memory.jobs.has('shared'), second.future.done()]).toEqual([true, false])
  second.cancel()
  await clock.pass(2_000)
  expect(memory.jobs.has('shared')).toBe(false)
})

test('a call that was cancelled before it was known to exist is revoked then', async () => {
  memory.add(job('old'))
  memory.silence()
  const call = makeCall({ id: 'old' })
  dispatcher.attach(
    call,
    memory.answer(() => true),
  )
  call.cancel()
  memory.resume()
  await clock.pass(2_000)
  expect(memory.jobs.has('old')).toBe(false)
})

test('progress stands in the record, and is reported once', async () => {
  const heard: unknown[] = []
  memory.add(job('old'))
  const call = makeCall({ id: 'old' })
  call.future.onProgress((value) => heard.push(value))
  memory.jobs.get('old')!.progress = { o: sealed('old', 'half', MessageKind.Progress) }
  dispatcher.attach(call)
  await clock.pass(3_000)
  expect(heard).toEqual(['half'])
})

test('nothing is left of calls that are over', async () => {
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(({ id }) => ({ type: 'finished', outcome: sealed(id, 1) })))
  const calls = [submit(), submit({ queueTimeout: 60_000 })]
  await clock.pass(10_000)
  expect(calls.map(outcome)).toEqual([1, 1])
  worker.die()
  await clock.pass(10_000)
  expect(clock.timers).toEqual([])
  await dispatcher.end()
  expect(dispatcher.ledger).toMatchObject({ pending: 0, settled: 2 })
})

test('`queueTimeout` of one call leaves the job to others of its id', async () => {
  const [patient, hasty] = [submit({ id: 'shared' }), submit({ id: 'shared', queueTimeout: 500 })]
  await clock.pass(1_000)
  expect(String(outcome(hasty))).toContain('TimeoutError')
  expect([patient.future.done(), memory.jobs.size]).toEqual([false, 1])
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(({ id }) => ({ type: 'finished', outcome: sealed(id, 5) })))
  await clock.pass(1_000)
  expect(outcome(patient)).toBe(5)
  worker.die()
})

test('a reply that comes before the acknowledgement of its call makes the record be read after it', async () => {
  const base = memory.caller()
  let acknowledge: () => void = () => undefined
  let reply: (text: string) => void = () => undefined
  const engine = {
    ...base,
    listen: (_caller: string, onReply: (text: string) => void) => void (reply = onReply),
    add: async (jobs: Parameters<typeof base.add>[0]) => {
      await base.add(jobs)
      await new Promise<void>((resolve) => (acknowledge = resolve))
    },
  }
  dispatcher = new QueueDispatcher({ ...options, engine })
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(({ id }) => ({ type: 'finished', outcome: sealed(id, 6) })))
  const call = submit()
  await clock.pass(100)
  reply(JSON.stringify({ t: 'look', id: call.id }))
  await clock.pass(100)
  expect(call.future.done()).toBe(false)
  acknowledge()
  await clock.pass(100)
  expect(outcome(call)).toBe(6)
  worker.die()
})

test('a call with the id of one that was cancelled just now runs: the revocation does not remove it', async () => {
  const base = memory.caller()
  const gates: Array<() => void> = []
  const remove = async (id: string): Promise<boolean> => {
    await new Promise<void>((resolve) => gates.push(resolve))
    return await base.remove(id)
  }
  dispatcher = new QueueDispatcher({ ...options, engine: { ...base, remove } })
  const first = submit({ id: 'same' })
  await clock.pass(10)
  first.cancel()
  await clock.pass(10)
  const second = submit({ id: 'same' })
  await clock.pass(10)
  expect([second.isAdded, gates.length]).toEqual([false, 1])
  gates[0]?.()
  await clock.pass(10)
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(({ id }) => ({ type: 'finished', outcome: sealed(id, 'ran') })))
  await clock.pass(3_000)
  expect([outcome(second), gates.length]).toEqual(['ran', 1])
  worker.die()
})

test('such a call fails if the engine is silent for longer than `connectTimeout`', async () => {
  const first = submit({ id: 'same' })
  await clock.pass(10)
  memory.silence()
  first.cancel()
  const second = submit({ id: 'same' })
  await clock.pass(9_900)
  expect(second.future.done()).toBe(false)
  await clock.pass(200)
  expect(outcome(second)).toBeInstanceOf(PoolError)
  memory.resume()
  await clock.pass(2_000)
  expect(memory.jobs.has('same')).toBe(false)
})

test('the outcome of the last run does not settle a call that waits to be tried again', async () => {
  const call = makeCall({ id: 'old' })
  memory.add(job('old'))
  let start: (exists: boolean) => void = () => undefined
  dispatcher.attach(call, new Promise((resolve) => (start = resolve)))
  memory.reply('me', JSON.stringify({ t: 'ended', id: 'old', a: 1, o: sealed('old', 'last run') }))
  await clock.pass(10)
  expect(call.future.done()).toBe(false)
  start(true)
  const worker = memory.worker({ parallel: 1, lease: 6_000 })
  worker.start(new Machine(({ id }) => ({ type: 'finished', outcome: sealed(id, 'next run') })))
  await clock.pass(3_000)
  expect(outcome(call)).toBe('next run')
  worker.die()
})
