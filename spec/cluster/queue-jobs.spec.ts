/** What a worker machine checks before it starts a body, and what it makes of its end. */
import { AllowedModules } from '../../src/cluster/allowed-modules'
import type { JobEnd, PickedJob } from '../../src/cluster/engine'
import { openOutcome, sealCall, type FarLimits, sealOutcome } from '../../src/cluster/envelope'
import { QueueJobs } from '../../src/cluster/queue-jobs'
import { DispatchedMethod, type Call } from '../../src/dispatch/call'
import { CallLedger, outcomeError } from '../../src/dispatch/call-ledger'
import { CancelledError, NotFoundError, PoolError, ProcessExpired, TimeoutError } from '../../src/errors'
import { setRoot } from '../../src/utils/portable-names'
import { packThrown } from '../../src/wire/errors'
import { MessageKind } from '../../src/wire/messages'
import { NOT_STARTED } from '../../src/wire/packed'
import { monotonic } from '../../src/utils/clock'

const root = `file://${__dirname}/`
beforeAll(() => setRoot(root))

let started: Call[]
let replies: any[]
let jobs: QueueJobs
let broken: PoolError[]
const ledger = new CallLedger({ settled: () => undefined })
beforeEach(() => {
  started = []
  replies = []
  broken = []
  const engine: any = {
    longestReply: 500,
    time: () => 1_000,
    reply: (_to: string, text: string) => replies.push(JSON.parse(text)),
  }
  const dispatcher = {
    submit: (call: Call) => {
      ledger.accept()
      call.dispatcher = { cancel: () => ledger.cancel(call, new CancelledError('x')) } as never
      started.push(call)
    },
  }
  const allowed = new AllowedModules(root, [__filename], [])
  const pool = { dispatcher } as never
  const options = { engine, queue: 'q', name: 'db7:1', pool, secrets: ['key'], allowed, root }
  jobs = new QueueJobs({ ...options, broken: (error) => broken.push(error) })
})

interface Picked extends Partial<PickedJob> {
  readonly limits?: FarLimits
  readonly url?: string
  readonly byName?: 'any' | 'same'
  readonly secret?: string
  readonly b?: number
  readonly expires?: number | null
}
function picked({
  limits = {},
  url = `file://${__filename}`,
  byName = 'any',
  secret = 'key',
  b,
  expires = 1_000,
  ...more
}: Picked = {}) {
  const key = { module: { url, format: 'esm' }, holder: 'function', member: 'f' } as never
  const method = new DispatchedMethod({ index: 0, key, cls: null, label: '`f`' })
  const payload = { method, flags: 0, self: undefined, args: [], extra: undefined, transfer: undefined }
  const call = { id: 'a', caller: 'me', payload, limits, byName, maxPayload: 2_000, expires, secrets: [secret] }
  const sealed = sealCall(call)
  const data = { ...sealed, ...(b !== undefined && { b }) }
  return {
    id: 'a',
    name: 'f',
    state: 'active',
    pickUps: 1,
    failures: 0,
    attempts: 1,
    waited: 0,
    data,
    ...more,
  } as PickedJob
}
const value = (data: unknown) => ({ kind: MessageKind.Value, sequence: 0, duration: 1, flags: 0, data })
const run = async (job: PickedJob, end?: (call: Call) => void): Promise<JobEnd> => {
  const running = jobs.run(job)
  await new Promise((resolve) => setImmediate(resolve)) // the pool gets the calls of one turn together
  if (end) end(started[0] as Call)
  return await running
}
const errorOf = (end: JobEnd): Error => {
  expect(end).toMatchObject({ type: 'failed', retry: false })
  return outcomeError(openOutcome('a', (end as { outcome: string }).outcome, ['key']).message, 'f')
}

describe('a job', () => {
  it('whose lease is over before its body starts is put back: it has not started', async () => {
    expect(await run(picked({ until: monotonic() - 1 }))).toEqual({ type: 'requeue', delay: 0 })
    expect(started).toEqual([])
  })

  it('of a version that is not known is requeued', async () => {
    const job = picked()
    expect(await run({ ...job, data: { ...job.data, v: 99 } })).toEqual({ type: 'requeue', delay: 1_000 })
  })

  it.each<[string, Picked, RegExp]>([
    ['is signed with another key', { secret: 'other' }, /refused f: it is not signed with the secret of the worker/],
    ['has expired', { expires: 999 }, /`f` did not start before it expired: .* `maxAge` of its pool/],
    ['was lost before', { pickUps: 2 }, /A worker machine was lost while it may have run `f`/],
    ['was lost as often as it may be', { pickUps: 3, limits: { on: ['lost'], attempts: 2 } }, /was lost/],
    ['has waited for too long', { waited: 60, limits: { queueTimeout: 50 } }, /did not start within 50 ms/],
  ])('that %s does not start', async (_what, more, message) => {
    expect(errorOf(await run(picked(more))).message).toMatch(message)
    expect(started).toEqual([])
    expect(jobs.counts()).toEqual({ running: 0, done: 0, refused: 1, lost: 0 })
  })

  it.each<[string, MessageKind, string]>([
    ['a result', MessageKind.Value, 'finished'],
    ['an error', MessageKind.Thrown, 'failed'],
  ])('whose outcome is written, %s, ends with it: its machine was lost after that', async (_what, kind, type) => {
    const message = { ...value(7), kind }
    const outcome = sealOutcome('a', { message, events: [], worker: 'w', pid: 1 }, ['key'])
    const job = { ...picked({ pickUps: 2 }), data: { c: 'c' }, outcome }
    expect(await run(job)).toMatchObject({ type, outcome })
    expect(started).toEqual([])
  })

  it('whose written outcome is forged fails', async () => {
    const outcome = sealOutcome('a', { message: value(7), events: [], worker: 'w', pid: 1 }, ['other'])
    expect(errorOf(await run({ ...picked({ pickUps: 2 }), outcome })).message).toMatch(/is not signed with the secret/)
  })

  it('that names another file does not start', async () => {
    const { message } = errorOf(await run(picked({ url: `file://${__dirname}/verdict.spec.ts` })))
    expect(message).toMatch(/refused `f`: `file:\/\/.*verdict\.spec\.ts` is none of the files/)
    expect(started).toEqual([])
  })

  it.each<[string, Picked]>([
    ['may start again', { pickUps: 2, limits: { on: ['lost'], attempts: 2 } }],
    ['never expires, as a repetition', { expires: null }],
    ['was requeued', { pickUps: 3, b: 2 }],
    ['has waited, but not for its first start', { pickUps: 2, failures: 1, waited: 99, limits: { queueTimeout: 9 } }],
  ])('that %s starts', async (_what, more) => {
    const end = await run(picked(more), (call) => ledger.conclude(call, value(7)))
    expect(end.type).toBe('finished')
  })
})

describe('its end', () => {
  it.each<[string, FarLimits, Error, boolean]>([
    ['an error', { on: ['error'], attempts: 2 }, new RangeError('of the body'), true],
    ['an error that is no cause', { on: ['lost'], attempts: 2 }, new RangeError('of the body'), false],
    ['an error at the last attempt', { on: ['error'], attempts: 1 }, new RangeError('of the body'), false],
    [
      'a dead process',
      { on: ['expired'], attempts: 2 },
      new ProcessExpired('d', { exitCode: 1, signal: null, pid: 1 }),
      true,
    ],
    [
      'a limit',
      { timeout: 5, on: ['timeout'], attempts: 2 },
      new TimeoutError('stopped after 5 ms (limit `timeout: 5`)', 5),
      true,
    ],
    ['a cancellation', { on: ['error', 'expired', 'lost', 'timeout'], attempts: 9 }, new CancelledError('c'), false],
  ])('by %s lets it start again: %#', async (_what, limits, error, retry) => {
    const end = await run(picked({ limits }), (call) => {
      if (!(error instanceof RangeError)) return void ledger.fail(call, error)
      const thrown = packThrown(error, { root: 'error', kind: 'process' })
      return ledger.conclude(call, { kind: MessageKind.Thrown, sequence: 0, duration: 1, ...thrown })
    })
    expect(end).toMatchObject({ type: 'failed', retry })
  })

  it.each(['broken', 'unavailable'] as const)(
    'because the processes of this machine do not start (%s) gives it back, also without retries',
    async (reason) => {
      const error = new PoolError('no worker starts', { reason })
      const end = await run(picked(), (call) => void ledger.fail(call, error))
      expect(end).toEqual({ type: 'requeue', delay: 1000 })
      expect(broken).toEqual(reason === 'broken' ? [error] : [])
    },
  )

  it.each<[string, 'any' | 'same', number, string]>([
    ['of the body is its outcome', 'same', 0, 'failed'],
    ['of a method with another text gives it back', 'same', NOT_STARTED, 'requeue'],
    ['of a method, whatever its text, is its outcome', 'any', NOT_STARTED, 'failed'],
  ])('by a NotFoundError %s', async (_what, byName, started, type) => {
    const { data, flags } = packThrown(new NotFoundError('not there'), { root: 'error', kind: 'process' })
    const thrown = { kind: MessageKind.Thrown, sequence: 0, duration: 0, data, flags: flags | started }
    const end = await run(picked({ byName }), (call) => void ledger.conclude(call, thrown))
    expect(end.type).toBe(type)
    if (end.type === 'failed') expect(errorOf(end)).toBeInstanceOf(NotFoundError)
  })

  it('with a result that is too large is an error that says so', async () => {
    const end = await run(picked(), (call) => ledger.conclude(call, value('x'.repeat(9_000))))
    expect(errorOf(end).message).toMatch(/Cannot send the result of `f` through the queue: \d+ bytes/)
  })

  it('is told to its caller once it is recorded: a long one without its outcome', () => {
    const job = picked({ pickUps: 3, b: 1 })
    jobs.recorded(job, { type: 'finished', outcome: 'short' }, false)
    jobs.recorded(job, { type: 'finished', outcome: 'x'.repeat(600) }, false)
    jobs.recorded(job, { type: 'failed', outcome: 'x', retry: true }, true)
    jobs.recorded(job, { type: 'requeue', delay: 1 }, true)
    expect(replies).toEqual([
      { t: 'ended', id: 'a', a: 2, o: 'short' },
      { t: 'ended', id: 'a', a: 2 },
      { t: 'look', id: 'a' },
    ])
  })

  it('by the fence is told, and counts as lost', async () => {
    const end = await run(picked({ limits: { on: ['lost'], attempts: 2 } }), () => jobs.leaseLost('a'))
    expect(end).toMatchObject({ type: 'failed', retry: true })
    expect(jobs.counts().lost).toBe(1)
    jobs.leaseLost('unknown')
  })

  it.each([
    ['', () => undefined],
    [', also if a renewal came then', () => jobs.leaseRenewed('a', monotonic() + 60_000)],
  ])('of a process that ended by itself when its lease was over is told as the fence%s', async (_when, renew) => {
    const died = new ProcessExpired('died', { exitCode: null, signal: 'SIGKILL', pid: 1 })
    const end = await run(picked({ until: Infinity }), (call) => {
      jobs.leaseRenewed('a', monotonic() - 1)
      renew()
      ledger.fail(call, died)
    })
    expect(errorOf(end)).toMatchObject({ mayHaveRun: true, worker: 'db7:1' })
    expect(errorOf(end).message).toMatch(/^Worker machine db7:1 stopped `f`: it could not renew its lease in time\.$/)
  })

  it('comes from a control message', async () => {
    const end = await run(picked(), () => {
      for (const text of ['{', 'null', '{"t":"cancel"}', '{"t":"cancel","id":"other"}']) jobs.control(text)
      expect(started[0]?.future.done()).toBe(false)
      jobs.control('{"t":"cancel","id":"a"}')
    })
    expect(errorOf(end)).toBeInstanceOf(CancelledError)
  })
})
