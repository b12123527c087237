/** Worker machines that are stopped for longer than their lease, and wake up. Their processes go on meanwhile. */
import { readFileSync } from 'node:fs'
import { isAlive } from '../../support/processes'
import '../../support/setup'
import { until } from '../../support/until'
import { endEngines, startPostgres, startRedis, type Engine } from './engines'
import { atOnce, endRigs, LEASE, LOST, Rig, TOLD_WITHIN } from './rig'

jest.setTimeout(180_000)

let redis: Promise<Engine> | undefined
let postgres: Promise<Engine> | undefined
const onRedis = async (): Promise<Rig> => new Rig(await (redis ??= startRedis()))
const onPostgres = async (): Promise<Rig> => new Rig(await (postgres ??= startPostgres()))

afterAll(async () => {
  await endRigs()
  await endEngines()
})

/** Its body dies before its lease has run out, although the machine cannot kill it. */
async function stopped(rig: Rig, body: string, retries: object | undefined): Promise<void> {
  const [caller, zombie, other] = await rig.open(2)
  const call = caller.call(body, [rig.log, 8000], { id: 'a', ...(retries && { retries }) })
  const pid = await rig.started('a')
  const [machine, rest] = parentOf(pid) === zombie.pid ? [zombie, other] : [other, zombie]
  machine?.signal('SIGSTOP')
  const [at, stoppedAt] = [performance.now(), Date.now()]
  await until(() => !isAlive(pid), 'the body to end')
  const lived = rig.lastSign(pid) - stoppedAt
  expect(lived).toBeLessThan(LEASE)
  rig.figure('body of a stopped machine dead', lived)
  if (retries) {
    await rig.started('a', 2)
    expect(performance.now() - at).toBeGreaterThan(LEASE / 2)
    machine?.signal('SIGCONT')
    const { value, error } = await call.settled
    expect([value, error]).toEqual([rig.noted('start', 'a')[1], undefined])
    expect(rig.witness()).toEqual({ starts: 2, overlaps: 0 })
  } else {
    expect((await call.settled).error).toMatchObject(LOST)
    expect(performance.now() - at).toBeLessThan(TOLD_WITHIN)
    machine?.signal('SIGCONT')
    expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  }
  rest?.signal('SIGKILL') // the machine that was stopped serves again
  const { value, worker } = await caller.call('add', [1, 2]).settled
  expect([value, worker?.endsWith(`:${machine?.pid}`)]).toEqual([3, true])
}

/** Calls whose machine was stopped right after it had picked them up do not start when it wakes up. */
async function stoppedBetween(rig: Rig): Promise<void> {
  const [caller, machine] = await rig.open(1)
  const calls: Array<ReturnType<typeof caller.call>> = []
  for (let n = 0; n < 40; n++) calls.push(caller.call('work', [rig.log, 5], { id: `c${n}` }))
  await until(() => rig.noted('end').length > 3, 'some to end')
  machine.signal('SIGSTOP')
  const at = performance.now()
  await until(() => performance.now() - at > TOLD_WITHIN, 'the lease to run out')
  machine.signal('SIGCONT')
  const all = await Promise.all(calls.map((call) => call.settled))
  const failed = all.filter(({ error }) => error)
  expect(failed.length).toBeLessThanOrEqual(2)
  for (const { error } of failed) expect(error).toMatchObject({ name: 'ProcessExpired', mayHaveRun: true })
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

const RETRIES = { attempts: 2, on: ['lost'] }

atOnce({
  'Redis: a body that waits': async () => stopped(await onRedis(), 'work', undefined),
  'Redis: a body that loops, and runs again': async () => stopped(await onRedis(), 'spin', RETRIES),
  'PostgreSQL: a body that loops': async () => stopped(await onPostgres(), 'spin', undefined),
  'PostgreSQL: a body that waits, and runs again': async () => stopped(await onPostgres(), 'work', RETRIES),
  'Redis: between a pick-up and a start': async () => stoppedBetween(await onRedis()),
})
