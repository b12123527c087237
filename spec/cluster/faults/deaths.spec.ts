/** Worker machines, bodies and callers that are killed. */
import { isAlive } from '../../support/processes'
import '../../support/setup'
import { until } from '../../support/until'
import { endEngines, startPostgres, startRedis, type Engine } from './engines'
import { atOnce, endRigs, LOST, Rig, TOLD_WITHIN } from './rig'

jest.setTimeout(180_000)

let redis: Promise<Engine> | undefined
let postgres: Promise<Engine> | undefined
const onRedis = async (): Promise<Rig> => new Rig(await (redis ??= startRedis()))
const onPostgres = async (): Promise<Rig> => new Rig(await (postgres ??= startPostgres()))

afterAll(async () => {
  await endRigs()
  await endEngines()
})

/** Kills all machines in the middle of a body: nobody is left who could tell. */
async function allMachinesKilled(rig: Rig, machines: number): Promise<void> {
  const [caller, ...all] = await rig.open(machines)
  const { settled } = caller.call('work', [rig.log, 60_000], { id: 'a' })
  const waiting = caller.call('work', [rig.log, 0], { id: 'b', args: [rig.log, 0], queueTimeout: 60_000 })
  const pid = await rig.started('a')
  await waiting.settled
  const [killed, killedAt] = [performance.now(), Date.now()]
  for (const machine of all) machine.signal('SIGKILL')
  await until(() => !isAlive(pid), 'the body to end')
  expect(rig.lastSign(pid) - killedAt).toBeLessThan(4000) // by its watchdog: within 2 s on a quiet machine
  const { error } = await settled
  expect(error).toMatchObject(LOST)
  expect(performance.now() - killed).toBeLessThan(TOLD_WITHIN)
  rig.figure('told of a killed machine', performance.now() - killed)
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
}

/** Another machine goes on with what waits, and runs the lost call again if that is asked for. */
async function oneMachineKilled(rig: Rig, options: object): Promise<void> {
  const [caller, first] = await rig.open(1)
  const lost = caller.call('work', [rig.log, 2500], { id: 'a', ...options })
  const pid = await rig.started('a')
  const others = ['b', 'c', 'd', 'e'].map((id) => caller.call('work', [rig.log, 2500], { id, ...options }))
  first.signal('SIGKILL')
  const second = rig.machine()
  await second.ready()
  const { error, value, attempt } = await lost.settled
  const settled = await Promise.all(others.map((call) => call.settled))
  if ('retries' in options) {
    expect([error, attempt]).toEqual([undefined, 2])
    expect(value).toBe(rig.noted('start', 'a')[1])
    expect(value).not.toBe(pid)
    expect(settled.map((each) => each.error)).toEqual(Array(4).fill(undefined))
    expect(rig.witness()).toEqual({ starts: 2, overlaps: 0 })
  } else {
    expect(error).toMatchObject(LOST)
    const failed = settled.filter((each) => each.error) // at most one: the other process of the first machine
    for (const each of failed) expect(each.error).toMatchObject(LOST)
    expect(failed.length).toBeLessThanOrEqual(1)
    expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  }
}

async function bodyKilled(rig: Rig): Promise<void> {
  const [caller] = await rig.open(1)
  const call = caller.call('work', [rig.log, 60_000], { id: 'a' })
  const pid = await rig.started('a')
  const killed = performance.now()
  process.kill(pid, 'SIGKILL')
  const { error } = await call.settled
  expect(error).toMatchObject({ name: 'ProcessExpired', signal: 'SIGKILL' })
  expect(performance.now() - killed).toBeLessThan(5000) // no lease has to run out
  const again = await caller.call('dies', [rig.log], { id: 'b', retries: { attempts: 2, on: ['expired'] } }).settled
  expect(again.error).toMatchObject({ name: 'ProcessExpired', signal: 'SIGKILL' })
  expect([rig.noted('start', 'a').length, rig.noted('start', 'b').length]).toEqual([1, 2])
  expect(rig.witness().overlaps).toBe(0)
}

/** Its calls go on, and another program gets their results. */
async function callerKilled(rig: Rig): Promise<void> {
  const [caller] = await rig.open(1)
  caller.call('work', [rig.log, 1500], { id: 'a' }).settled.catch(() => undefined)
  caller.call('dies', [rig.log], { id: 'b' }).settled.catch(() => undefined)
  const pid = await rig.started('a')
  await rig.started('b')
  await caller.end()
  const other = rig.caller()
  await other.ready()
  const [running, failed, unknown] = await Promise.all(['a', 'b', 'c'].map((id) => other.attach(id).settled))
  expect(running).toMatchObject({ value: pid })
  expect(failed?.error).toMatchObject({ name: 'ProcessExpired', signal: 'SIGKILL' })
  expect(unknown?.error).toMatchObject({ name: 'NotFoundError' })
  expect((await other.attach('a').settled).value).toBe(pid) // its record is kept
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
}

const RETRIES = { retries: { attempts: 2, on: ['lost'] } }

atOnce({
  'Redis: with no machine left, the caller is told': async () => allMachinesKilled(await onRedis(), 2),
  'PostgreSQL: with no machine left, the caller is told': async () => allMachinesKilled(await onPostgres(), 1),
  'Redis: another machine goes on': async () => oneMachineKilled(await onRedis(), {}),
  'PostgreSQL: another machine goes on': async () => oneMachineKilled(await onPostgres(), {}),
  'Redis: another machine runs the lost call again': async () => oneMachineKilled(await onRedis(), RETRIES),
  'PostgreSQL: another machine runs the lost call again': async () => oneMachineKilled(await onPostgres(), RETRIES),
})

describe('without a lease that runs out', () => {
  test('Redis: the process of a body is killed', async () => bodyKilled(await onRedis()))
  test('PostgreSQL: the process of a body is killed', async () => bodyKilled(await onPostgres()))
  test('Redis: the caller is killed', async () => callerKilled(await onRedis()))
  test('PostgreSQL: the caller is killed', async () => callerKilled(await onPostgres()))
})
