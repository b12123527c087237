import type { Job } from '../../src/cluster/bullmq'
import { Renewals } from '../../src/cluster/renewals'
import { monotonic } from '../../src/utils/clock'
import { FakeClock } from '../support/clock'

const LENGTH = 6_000
const EVERY = 1_000
const RETRY = 200

const jobOf = (id: string, token: string): Job => ({ id, token }) as Job

class Rig {
  readonly clock = new FakeClock()
  readonly sent: string[] = []
  readonly renewed: Array<[token: string, ago: number]> = []
  readonly refused: string[] = []
  answer: (ids: string[]) => Promise<string[]> = () => Promise.resolve([])
  readonly renewals = new Renewals(LENGTH, RETRY, {
    extend: (ids, tokens) => {
      this.sent.push(tokens.join())
      return this.answer(ids)
    },
    renewed: ({ token }, at) => this.renewed.push([token as string, Math.round(monotonic() - at)]),
    refused: ({ token }) => this.refused.push(token as string),
  })

  /** Holds a job until the returned function is called. */
  hold(job: Job): () => Promise<void> {
    let end = (): void => undefined
    const over = this.renewals.during(job, () => new Promise<void>((resolve) => (end = resolve)))
    return () => {
      end()
      return over
    }
  }
}

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})

test('all jobs are renewed in one request, again and again, until they are over', async () => {
  const end = [rig.hold(jobOf('a', '1')), rig.hold(jobOf('b', '2'))]
  await rig.clock.pass(EVERY)
  expect(rig.sent).toEqual(['1,2'])
  await end[0]?.()
  await rig.clock.pass(EVERY)
  expect(rig.sent).toEqual(['1,2', '2'])
  await end[1]?.()
  await rig.clock.pass(LENGTH)
  expect(rig.sent).toHaveLength(2)
  expect(rig.clock.timers).toEqual([])
})

test('the timer does not keep the program alive', () => {
  rig.hold(jobOf('a', '1'))
  expect(rig.clock.held).toBe(0)
})

test('the end of one attempt does not end the renewals of the next one', async () => {
  const first = rig.hold(jobOf('a', '1'))
  rig.hold(jobOf('a', '2'))
  await first()
  await rig.clock.pass(EVERY)
  expect(rig.sent).toEqual(['2'])
})

test('of two attempts that are both here, only the later one is renewed, and no answer about the first one counts', async () => {
  const first = rig.hold(jobOf('a', '1'))
  let answer = (ids: string[]): void => void ids
  rig.answer = () => new Promise((resolve) => (answer = resolve))
  await rig.clock.pass(EVERY)
  const end = rig.hold(jobOf('a', '2'))
  answer(['a'])
  rig.answer = () => Promise.resolve([])
  await rig.clock.pass(EVERY)
  expect(rig.sent).toEqual(['1', '2'])
  expect([rig.refused, rig.renewed]).toEqual([[], [['2', 0]]])
  await end()
  await first()
  expect(rig.clock.timers).toEqual([])
})

test('a renewal that is not answered holds none up, and one answered late tells when it was sent', async () => {
  rig.hold(jobOf('a', '1'))
  let answer = (ids: string[]): void => void ids
  rig.answer = () => new Promise((resolve) => (answer = resolve))
  await rig.clock.pass(EVERY)
  const late = answer
  rig.answer = () => Promise.resolve([])
  await rig.clock.pass(EVERY)
  expect(rig.renewed).toEqual([['1', 0]])
  late([])
  await rig.clock.pass(0)
  expect(rig.renewed).toEqual([
    ['1', 0],
    ['1', EVERY],
  ])
})

test('no more renewals are unanswered than are of use', async () => {
  rig.hold(jobOf('a', '1'))
  rig.answer = () => new Promise(() => undefined)
  await rig.clock.pass(100 * EVERY)
  expect(rig.sent).toHaveLength(LENGTH / EVERY)
})

test('a renewal that failed is repeated soon', async () => {
  rig.hold(jobOf('a', '1'))
  rig.answer = () => Promise.reject(new Error('Connection is closed.'))
  await rig.clock.pass(EVERY)
  rig.answer = () => Promise.resolve([])
  await rig.clock.pass(RETRY)
  expect(rig.renewed).toEqual([['1', 0]])
  await rig.clock.pass(EVERY)
  expect(rig.sent).toHaveLength(3)
})

test('a failure after the last job is over starts no timer', async () => {
  const end = rig.hold(jobOf('a', '1'))
  let fail = (): void => undefined
  rig.answer = () => new Promise((_, reject) => (fail = () => reject(new Error('Connection is closed.'))))
  await rig.clock.pass(EVERY)
  await end()
  fail()
  await rig.clock.pass(0)
  expect(rig.clock.timers).toEqual([])
})

test('a refusal is told of its job alone', async () => {
  rig.hold(jobOf('a', '1'))
  rig.hold(jobOf('b', '2'))
  rig.answer = (ids) => Promise.resolve(ids.filter((id) => id === 'a'))
  await rig.clock.pass(EVERY)
  expect(rig.refused).toEqual(['1'])
  expect(rig.renewed).toEqual([['2', 0]])
})

test('after close, nothing is renewed', async () => {
  rig.hold(jobOf('a', '1'))
  rig.renewals.close()
  rig.hold(jobOf('b', '2'))
  await rig.clock.pass(LENGTH)
  expect(rig.sent).toEqual([])
})
