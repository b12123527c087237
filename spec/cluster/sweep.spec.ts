import { Sweep } from '../../src/cluster/sweep'
import { monotonic } from '../../src/utils/clock'
import { FakeClock } from '../support/clock'
import { MemoryEngine } from './engine-memory'
import { job } from './engine.suite'

let clock: FakeClock
let memory: MemoryEngine
let calls: any[]
let read: string[]
let sweep: Sweep
beforeEach(() => {
  clock = new FakeClock()
  memory = new MemoryEngine()
  read = []
  calls = []
  const hooks = {
    calls: () => calls,
    isOurs: (id: string) => calls.some((call) => call.id === id),
    record: ({ id }: { id: string }) => void read.push(id),
  }
  sweep = new Sweep({ engine: memory.caller(), checkEvery: 1_000 }, hooks)
})
const call = (id: string, more: object = {}) => ({
  id,
  isAdded: true,
  heardAt: 0,
  polls: false,
  isActive: false,
  ...more,
})

test('reads the records of calls that were not heard of, as long as there are any', async () => {
  calls = [call('quiet'), call('loud', { heardAt: monotonic() + 60_000 }), call('unsent', { isAdded: false })]
  sweep.start()
  await clock.pass(2_000)
  expect(read).toEqual(['quiet', 'quiet'])
  calls = []
  await clock.pass(1_000)
  expect(clock.timers).toEqual([])
})

test('reads calls whose replies another program gets more often', async () => {
  calls = [call('joined', { polls: true, heardAt: monotonic() + 60_000 })]
  sweep.start()
  await clock.pass(900)
  expect(read).toHaveLength(3)
})

test('a stop while a sweep runs does not stop the next one, and leaves one timer of each kind', async () => {
  calls = [call('first')]
  sweep.start()
  memory.silence()
  await clock.pass(1_000)
  sweep.stop()
  expect(clock.timers).toEqual([])
  calls = [call('second')]
  sweep.start()
  memory.resume()
  await clock.pass(10)
  expect(clock.timers).toHaveLength(2)
  await clock.pass(1_000)
  expect(read).toContain('second')
})

test('reads what is asked for at once, and together', async () => {
  sweep.lookAt(['a'])
  sweep.lookAt(['b', 'a'])
  await clock.pass(0)
  expect(read).toEqual(['a', 'b'])
})

test('reads active calls before others if there are too many', async () => {
  calls = [...Array.from({ length: 500 }, (_, n) => call(`waits-${n}`)), call('runs', { isActive: true })]
  sweep.start()
  await clock.pass(1_000)
  expect([read.length, read[0]]).toEqual([500, 'runs'])
})

test('reads the longest silent of the active and of the waiting calls, however many there are of either', async () => {
  const many = (name: string, isActive: boolean): object[] =>
    Array.from({ length: 600 }, (_, n) => call(`${name}-${n}`, { isActive, heardAt: -n }))
  calls = [...many('runs', true), ...many('waits', false)]
  sweep.start()
  await clock.pass(1_000)
  const of = (name: string): string[] => read.filter((id) => id.startsWith(name))
  expect([of('runs').length, of('waits').length]).toEqual([250, 250])
  expect([of('runs')[0], of('waits')[0]]).toEqual(['runs-599', 'waits-599'])
})

test('tells the callers of lost jobs that are not ours', async () => {
  const worker = memory.worker({ parallel: 1, lease: 500 })
  const heard: string[] = []
  memory.caller().listen(
    'caller-1',
    (text) => heard.push(text),
    () => undefined,
  )
  worker.start({
    run: () => new Promise(() => undefined),
    recorded() {},
    leaseRenewed() {},
    leaseLost() {},
    recovered() {},
    control() {},
  })
  memory.add(job('foreign'))
  await clock.pass(10)
  worker.die()
  calls = [call('ours')]
  sweep.start()
  await clock.pass(1_100)
  expect(heard).toEqual(['{"t":"look","id":"foreign"}'])
})

test('goes on after an error in what it calls', async () => {
  calls = [call('a')]
  const broken = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  let fails = true
  const hooks = { calls: () => calls, isOurs: () => false, record: () => { if (fails) throw new Error('a bug'); read.push('a') } } // prettier-ignore
  const own = new Sweep({ engine: memory.caller(), checkEvery: 1_000 }, hooks)
  own.start()
  await clock.pass(1_000)
  expect(broken).toHaveBeenCalled()
  fails = false
  await clock.pass(1_000)
  expect(read).toEqual(['a'])
  own.stop()
})
