/** A call that has started does not start again, one that has not still runs, and every call settles. */
import { futureOf, type Future, type ProcessFuture } from 'pebble-ts'
import { faults, type Death } from '../fixtures/faults'
import { lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { ownError } from '../support/solo'
import { stderr } from '../support/stderr'
import { settled, until } from '../support/until'

const CALLS = 1_000

beforeEach(() => void stderr())

function runs(log: string): Map<number, number> {
  const counts = new Map<number, number>()
  for (const line of lines(log)) counts.set(Number(line), (counts.get(Number(line)) ?? 0) + 1)
  return counts
}

const once = (count: number): Map<number, number> =>
  new Map(Array.from({ length: count }, (_, index) => [index, 1] as const))

const sorted = (map: Map<number, number>): Map<number, number> => new Map([...map].sort(([a], [b]) => a - b))

forEachKind('1,000 calls around workers that die', (kind) => {
  const job = faults[kind]
  const deaths: Death[] = kind === 'process' ? ['SIGKILL', 'exit', 'abort'] : ['exit']

  test.each(deaths)(
    'by %s: each call ran once and settled, and only those that ended their worker failed',
    async (how) => {
      const log = scratchFile()
      const deadly = new Set([250, 500, 501, 750])
      const calls = Array.from({ length: CALLS }, (_, n) =>
        futureOf(deadly.has(n) ? job.countAndDie(log, n, how) : job.count(log, n)),
      )
      const outcomes = await settled(Promise.allSettled(calls), 'all calls to settle')
      expect(sorted(runs(log))).toEqual(once(CALLS))
      outcomes.forEach((outcome, n) => {
        if (!deadly.has(n)) expect(outcome).toEqual({ status: 'fulfilled', value: n })
        else expect(outcome).toMatchObject({ status: 'rejected', reason: { name: ownError(kind) } })
      })
    },
  )
})

test('1,000 calls while processes are killed from outside: none ran twice, and only running ones failed', async () => {
  const job = faults.process
  const log = scratchFile()
  const calls = Array.from({ length: CALLS }, (_, n) => futureOf(job.count(log, n)) as unknown as ProcessFuture<number>)
  let kills = 0
  const hunt = async (done: number): Promise<void> => {
    await until(() => lines(log).length >= done, `${done} calls to run`)
    const victim = calls.find((future) => !future.done() && future.pid !== null)
    if (!victim?.pid) return
    process.kill(victim.pid, 'SIGKILL')
    kills += 1
  }
  const hunts = [20, 100, 300].reduce((before, done) => before.then(() => hunt(done)), Promise.resolve())
  const outcomes = await settled(Promise.allSettled<Future<number>>(calls), 'all calls to settle')
  await hunts
  const counts = runs(log)
  const failed = outcomes.filter(({ status }) => status === 'rejected').length
  expect(failed).toBeLessThanOrEqual(kills) // at most one per death
  outcomes.forEach((outcome, n) => {
    if (outcome.status === 'fulfilled') expect([n, counts.get(n)]).toEqual([n, 1])
    else {
      expect(outcome.reason).toMatchObject({ name: 'ProcessExpired', signal: 'SIGKILL' })
      expect(counts.get(n) ?? 0).toBeLessThanOrEqual(1)
    }
  })
})

forEachKind('1,000 calls of which many are cancelled', (kind) => {
  test('run at most once, and exactly once if they were not cancelled', async () => {
    const job = faults[kind]
    const log = scratchFile()
    const calls = Array.from({ length: CALLS }, (_, n) => futureOf(job.count(log, n)))
    const cancelled = new Set<number>()
    for (let n = 0; n < CALLS; n += 7) {
      if (calls[n]?.cancel()) cancelled.add(n)
      if (n % 70 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const outcomes = await settled(Promise.allSettled(calls), 'all calls to settle')
    await settled(job.count(log, CALLS))
    const counts = runs(log)
    outcomes.forEach((outcome, n) => {
      expect([n, outcome.status]).toEqual([n, cancelled.has(n) ? 'rejected' : 'fulfilled'])
      expect(counts.get(n) ?? 0).toBeLessThanOrEqual(1)
      if (!cancelled.has(n)) expect([n, counts.get(n)]).toEqual([n, 1])
    })
  })
})
