/** Machines whose clocks differ by an hour: what one writes and another one compares is told by the clock of the engine. */
import { join } from 'node:path'
import '../../support/setup'
import { settled, until } from '../../support/until'
import { endEngines, startPostgres, startRedis } from './engines'
import { endRigs, Rig, type Caller } from './rig'

jest.setTimeout(180_000)

const HOUR = 3_600_000
const SHIM = join(__dirname, '..', '..', 'fixtures', 'cluster-faults', 'skew.cjs')
/** Runs a program whose clock is wrong by `ms`. */
const skewed = (ms: number): string[] => ['env', `NODE_OPTIONS=--require=${SHIM}`, `PEBBLE_SKEW=${ms}`]

afterAll(async () => {
  await endRigs()
  await endEngines()
})

describe('on Redis', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = new Rig(await startRedis())
  })

  /** Cancels a call while its body runs: the machine hears it, and stops the body. */
  async function cancelRunning(caller: Caller, id: string): Promise<void> {
    const call = caller.call('work', [rig.log, 60_000], { id })
    await rig.started(id)
    call.cancel()
    expect((await call.settled).error?.name).toBe('AbortError')
    await until(async () => (await caller.does('refresh')).queue.active === 0, 'the body to be stopped')
  }

  test.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])('a caller that is %s: its calls run, and its limits and delays hold', async (_what, ms) => {
    const [caller, machine] = [rig.caller({ maxAge: 60_000 }, skewed(ms)), rig.machine()]
    await Promise.all([caller.ready(), machine.ready()])
    expect((await caller.call('add', [1, 2], { queueTimeout: 20_000 }).settled).value).toBe(3)
    const delayed = await caller.call('add', [2, 2], { delay: 500 }).settled
    expect(delayed.value).toBe(4)
    expect(delayed.after).toBeGreaterThan(450)
    await cancelRunning(caller, `runs${ms}`)
    await Promise.all([caller.end(), machine.end()])
  })

  test.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])(
    'a machine that is %s runs calls, hears cancellations, and does not start delayed calls too soon',
    async (_what, ms) => {
      const [caller, machine] = [rig.caller({ maxAge: 60_000 }), rig.machine({}, skewed(ms))]
      await Promise.all([caller.ready(), machine.ready()])
      expect((await caller.call('add', [1, 2], { queueTimeout: 20_000 }).settled).value).toBe(3)
      if (ms > 0) {
        const delayed = await caller.call('add', [2, 2], { delay: 700 }).settled
        expect(delayed.value).toBe(4)
        expect(delayed.after).toBeGreaterThan(600)
      }
      await cancelRunning(caller, `heard${ms}`)
      await Promise.all([caller.end(), machine.end()])
    },
  )
})

test('PostgreSQL: a machine that is wrong by more than half a second takes no calls, and says so', async () => {
  const rig = new Rig(await startPostgres())
  const wrong = rig.machine({}, skewed(HOUR))
  await expect(settled(wrong.ready())).rejects.toThrow(
    /The clock of this machine is \d+ ms ahead of that of PostgreSQL, more than 500 ms\. .*NTP/,
  )
  const [caller, machine] = [rig.caller({}, skewed(HOUR)), rig.machine()]
  await Promise.all([caller.ready(), machine.ready()])
  const call = caller.call('work', [rig.log, 6_000], { id: 'slow' }) // its lease ends for the clock of the caller
  expect((await call.settled).error).toBeUndefined()
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
})
