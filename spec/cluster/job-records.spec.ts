import { ASIDE, readRecords, recordOf } from '../../src/cluster/job-records'
import { judge } from '../../src/cluster/verdict'

const m = JSON.stringify({ limits: {} })
const job = (more: object = {}): any => ({
  id: 'a',
  name: 'a job',
  data: { c: 'caller', m },
  attemptsStarted: 1,
  attemptsMade: 0,
  opts: { attempts: 1 },
  progress: 0,
  ...more,
})

/** A queue whose answers come one after the other, while the job goes on. */
function queue(jobs: unknown[], states: string[]) {
  return {
    getJob: async () => (jobs.length > 1 ? jobs.shift() : jobs[0]),
    getJobState: async () => (states.length > 1 ? states.shift() : states[0]),
  } as never
}
const readOne = async (jobs: unknown[], ...states: string[]) => (await readRecords(queue(jobs, states), ['a']))[0]!

describe('a record whose job goes on while it is read', () => {
  const over = job({ finishedOn: 5, returnvalue: 'done', attemptsMade: 1 })
  test.each<[string, unknown[], string[], string]>([
    ['is finished if the job finished', [job(), over], ['completed'], 'ended'],
    ['is pending if the job was requeued', [job(), job({ data: { c: 'c', m, b: 1 } })], ['delayed'], 'pending'],
    ['is pending if the job failed and starts again', [job(), job({ attemptsMade: 1 })], ['wait'], 'pending'],
    ['is active if the job was picked up', [job({ attemptsStarted: 0 })], ['active'], 'active'],
    ['is gone if the job was removed', [job(), undefined], ['unknown'], 'gone'],
    ['is gone if no list of the engine has it', [job()], ['unknown'], 'gone'],
    ['is lost if nothing has changed', [job(), job()], ['wait'], 'lost'],
  ])('%s', async (_what, jobs, states, verdict) => {
    expect(judge(await readOne(jobs, ...states))).toBe(verdict)
  })
})

test('a job that succeeded after a failure is finished', async () => {
  const later = job({ finishedOn: 5, returnvalue: 'at last', failedReason: 'at first', attemptsStarted: 2 })
  expect(await readOne([later])).toMatchObject({ state: 'finished', outcome: 'at last' })
})

test('a job whose machine was lost after it had written a large outcome has that outcome', () => {
  const written = job({ data: { c: 'caller', r: 'large', n: 0 } })
  for (const state of ['active', 'waiting'] as const) {
    expect(recordOf(written, state)).toMatchObject({ outcome: 'large', data: { c: 'caller' } })
    expect(recordOf({ ...written, attemptsMade: 1 }, state).outcome).toBeUndefined() // a dashboard lets it run again
  }
})

test('a large outcome is in the data of the job, and no part of the data of its call', () => {
  const large = job({ finishedOn: 5, returnvalue: ASIDE, data: { c: 'caller', r: 'large' } })
  expect(recordOf(large, 'finished')).toMatchObject({ outcome: 'large', data: { c: 'caller' } })
  expect(recordOf(large, 'finished').data).not.toHaveProperty('r')
  expect(recordOf(job({ failedReason: 'why' }), 'failed').outcome).toBe('why')
  expect(recordOf(job({ failedReason: 'why' }), 'waiting').outcome).toBeUndefined()
})
