import { NoWorkerWatch } from '../../src/cluster/no-worker-watch'
import { FakeClock } from '../support/clock'

let clock: FakeClock
let counted: number
const warn = jest.fn()
beforeEach(() => {
  clock = new FakeClock()
  counted = 0
  warn.mockClear()
  jest.spyOn(process, 'emitWarning').mockImplementation(warn)
})
const watch = (queue: string, workers: () => number, waiting = (): number => 2): NoWorkerWatch => {
  const counts = async (): Promise<any> => ({ workers: ((counted += 1), workers()) })
  return new NoWorkerWatch({ engine: { counts }, queue }, waiting)
}

test('a queue without workers is a warning after 5 s, once', async () => {
  for (const each of [watch('q', () => 0), watch('q', () => 0)]) {
    each.start()
    each.start()
    await clock.pass(4_999)
    expect(warn).toHaveBeenCalledTimes(counted > 0 ? 1 : 0)
    await clock.pass(10_000)
    each.start()
    await clock.pass(10_000)
  }
  expect(counted).toBe(2)
  expect(warn.mock.calls).toEqual([
    [
      'No worker machine serves the queue \'q\'. Start one with the same connection: npx pebble-ts work <modules> --queue "q". Calls that wait: 2.',
      { type: 'PebbleClusterWarning' },
    ],
  ])
})

test.each<[string, (each: NoWorkerWatch) => void]>([
  ['a worker was heard of', (each) => each.heard()],
  ['no call waits any more', (each) => each.stop()],
])('none if %s', async (_what, act) => {
  const each = watch('heard', () => 0)
  each.start()
  act(each)
  await clock.pass(20_000)
  expect([counted, warn.mock.calls, clock.timers]).toEqual([0, [], []])
})

test('none if there is a worker, or the engine does not tell', async () => {
  const fails = (): never => {
    throw new Error('NOPERM')
  }
  for (const workers of [() => 3, fails]) {
    const each = watch('served', workers)
    each.start()
    await clock.pass(20_000)
    expect(await each.hint()).toBe('')
  }
  expect([warn.mock.calls, clock.timers]).toEqual([[], []])
})

test('delayed calls are waited for', async () => {
  let waiting = 0
  const each = watch(
    'delayed',
    () => 0,
    () => waiting,
  )
  each.start()
  await clock.pass(20_000)
  expect(warn).not.toHaveBeenCalled()
  waiting = 1
  await clock.pass(6_000)
  expect(warn).toHaveBeenCalledTimes(1)
})
