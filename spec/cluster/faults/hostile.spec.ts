/** What others may write to a queue and to its channels: nothing of it runs, settles a call, or stops a machine. */
import { createHmac } from 'node:crypto'
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { sealCall, type CallEnvelope, type CallHead } from '../../../src/cluster/envelope'
import { secretsOf } from '../../../src/cluster/secrets'
import '../../support/setup'
import { until } from '../../support/until'
import { endEngines, startRedis, type RedisServer } from './engines'
import { endRigs, Rig, type Caller, type Machine } from './rig'

jest.setTimeout(180_000)

let redis: RedisServer
let rig: Rig
let caller: Caller
let machine: Machine
let queue: Queue
let client: Redis

beforeAll(async () => {
  redis = await startRedis()
  rig = new Rig(redis)
  ;[caller, machine] = await rig.open(1)
  client = new Redis(redis.url)
  queue = new Queue(rig.queue, { connection: { url: redis.url } })
})

afterAll(async () => {
  await queue.close()
  await client.quit()
  await endRigs()
  await endEngines()
})

/** The record of a job once it is over. */
async function ended(id: string): Promise<{ failed: string | undefined; value: unknown; data: CallEnvelope }> {
  await until(async () => ['completed', 'failed'].includes(await queue.getJobState(id)), `job ${id} to end`)
  const job = await queue.getJob(id)
  return { failed: job?.failedReason, value: job?.returnvalue, data: job?.data as CallEnvelope }
}

/** The envelope of a call that has run. */
async function genuine(id: string, by = caller): Promise<CallEnvelope> {
  await by.call('work', [rig.log, 0], { id }).settled
  return (await ended(id)).data
}

const REFUSED = /"reason":"SerializationError: A worker of the queue '\w+' refused .*/

/** Adds a job as any program can, and expects that no body starts for it. */
async function refused(id: string, data: unknown, reason: RegExp = REFUSED): Promise<void> {
  await queue.add('any', data, { jobId: id })
  expect((await ended(id)).failed).toMatch(reason)
  expect(rig.noted('start', id)).toEqual([])
}

/** What is sent over channels meanwhile. */
async function recorded(channels: readonly string[], act: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = []
  const listener = client.duplicate()
  listener.on('message', (_channel, text: string) => heard.push(text))
  await listener.subscribe(...channels)
  await act()
  listener.disconnect()
  return heard
}

/** A call that names something else, signed with the secret: by a caller that was taken over. */
function signed(id: string, head: object, secret = 'for specs', of = rig.queue): CallEnvelope {
  const [key] = secretsOf('spec', of, secret) as [Uint8Array]
  const open = sealCall({
    id,
    caller: 'c',
    payload: { method: { definition: { key: { module: { url: 'app:x' } }, cls: null }, label: 'x' } } as never,
    limits: {},
    byName: 'any',
    maxPayload: 1000,
    expires: Date.now() + 60_000,
    secrets: false,
  })
  const m = JSON.stringify({ ...(JSON.parse(open.m) as CallHead), ...head })
  const text = `${JSON.stringify([id, open.v, open.c, open.x])}\n${m}\n${open.p}`
  return {
    ...open,
    m,
    s: createHmac('sha256', key).update(text).digest('base64'),
  }
}

describe('calls', () => {
  test('unsigned, forged, truncated ones, and those of another id are refused', async () => {
    const call = await genuine('genuine')
    const { s, ...unsigned } = call
    const other = await genuine('genuine2')
    await Promise.all([
      refused('unsigned', unsigned),
      refused('otherId', call),
      refused('otherHead', { ...call, m: call.m.replace('"any"', '"same"') }),
      refused('later', { ...call, x: Number(call.x) + 1 }),
      refused('never', { ...call, x: null }),
      refused('noTime', { ...call, x: 'x' }),
      refused('cutSignature', { ...call, s: s?.slice(0, 20) }),
      refused('emptySignature', { ...call, s: '' }),
      refused('noText', { ...call, s: 7 }),
      refused('cutPayload', { ...call, p: call.p.slice(0, 12) }),
      refused('otherPayload', { ...call, p: other.p }),
      refused('otherSecret', signed('otherSecret', {}, 'guessed')),
      refused('otherQueue', signed('otherQueue', {}, 'for specs', 'another queue')),
    ])
  })

  test('a replay of a call whose record is there does nothing', async () => {
    const call = await genuine('again')
    await queue.add('any', call, { jobId: 'again' })
    expect(await queue.getJobState('again')).toBe('completed')
    expect(rig.noted('start', 'again').length).toBe(1)
  })

  /** Who may write to the queue can repeat a call that it has seen, with its arguments, and nothing else. */
  test('a replay of a call whose record is gone runs until the call expires', async () => {
    const brief = rig.caller({ maxAge: 4_000 })
    await brief.ready()
    const made = Date.now()
    const call = await genuine('gone', brief)
    await queue.remove('gone')
    await queue.add('any', call, { jobId: 'gone' })
    expect((await ended('gone')).failed).toBeUndefined()
    expect(rig.noted('start', 'gone').length).toBe(2)
    await queue.remove('gone')
    await until(() => Date.now() > made + 4_500, 'the call to expire')
    await queue.add('any', call, { jobId: 'gone' })
    expect((await ended('gone')).failed).toMatch(/"reason":"TimeoutError: .* did not start before it expired/)
    expect(rig.noted('start', 'gone').length).toBe(2)
    await brief.end()
  })

  test('a replay under the id of a call that runs does not start it twice', async () => {
    const gate = join(rig.folder, 'gate')
    const call = caller.call('work', [rig.log, 60_000, gate], { id: 'runs' })
    await rig.started('runs')
    await queue.add('any', (await queue.getJob('runs'))?.data as object, { jobId: 'runs' })
    writeFileSync(gate, '')
    expect((await call.settled).error).toBeUndefined()
    expect(rig.noted('start', 'runs').length).toBe(1)
  })

  test('keys rotate: a machine with both takes calls of both, and callers take its outcomes', async () => {
    const next = rig.caller({ secret: ['new', 'for specs'] })
    const both = rig.machine({ secret: ['new', 'for specs'] })
    await Promise.all([next.ready(), both.ready()])
    await pausing(machine, async () => {
      const ended = await Promise.all([next.call('add', [1, 2]).settled, next.call('add', [2, 2]).settled])
      expect(ended.map(({ value }) => value as number)).toEqual([3, 4])
      const old = await caller.call('add', [3, 2]).settled // its answer is signed with the new key
      expect(old.error).toMatchObject({
        name: 'SerializationError',
        message: expect.stringContaining('not signed with'),
      })
    })
    await both.end()
    await next.end()
  })
})

/** Stops a machine for a moment, so that another one takes the calls. */
async function pausing(stopped: Machine, act: () => Promise<void>): Promise<void> {
  stopped.signal('SIGSTOP')
  try {
    await act()
  } finally {
    stopped.signal('SIGCONT')
  }
}

describe('modules', () => {
  const link = join(rig0(), 'link.mjs')
  const outside = join(rig0(), '..', 'outside-of-cluster-faults.mjs')

  afterAll(() => [link, outside].forEach((file) => rmSync(file, { force: true })))

  test.each([
    ['data:', 'data:text/javascript,globalThis.ran=true'],
    ['a built-in module', 'node:child_process'],
    ['..', 'app:../outside-of-cluster-faults.mjs'],
    ['.. behind a folder', 'app:sub/../../outside-of-cluster-faults.mjs'],
    ['a percent code', 'app:%2e%2e/outside-of-cluster-faults.mjs'],
    ['a symbolic link', 'app:link.mjs'],
    ['a query', 'app:bodies.mjs?again'],
    ['another root', `file://${outside}`],
    ['a file that is not there', 'app:nothing.mjs'],
  ])('%s is not imported', async (_what, url) => {
    writeFileSync(
      outside,
      `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(rig.log)}, 'start imported 1\\n')\nexport const add = () => 1\n`,
    )
    rmSync(link, { force: true })
    symlinkSync(outside, link)
    const id = `module${Math.random()}`
    const key = {
      module: { url, type: 'esm' },
      holder: 'function',
      path: ['add'],
      name: 'add',
      hash: '',
      byName: 'any',
    }
    await refused(
      id,
      signed(id, { method: { key, cls: null, label: '`add`' } }),
      /"reason":"NotFoundError: .* refused `add`/,
    )
    expect(rig.noted('start', 'imported')).toEqual([])
  })
})

function rig0(): string {
  const folder = join(__dirname, '..', '..', 'fixtures', 'cluster-faults')
  mkdirSync(folder, { recursive: true })
  return realpathSync(folder)
}

describe('garbage', () => {
  test.each([
    ['text', 'text'],
    ['null', null],
    ['a list', [1, 2]],
    ['an object', { foo: 1 }],
    ['a version that is none', { v: '1', c: 1, m: {}, p: [] }],
    ['numbers', { v: 1, c: 1, m: 1, p: 1, s: 1 }],
    ['no JSON', { v: 1, c: 'c', m: '{', p: '', s: '' }],
  ])('in the queue: %s', async (what, data) => {
    await refused(`garbage ${what}`, data, /refused any/)
    expect((await caller.call('add', [1, 2]).settled).value).toBe(3)
  })

  test('as ids of calls: names of BullMQ, with which a record would destroy the queue', async () => {
    const keys = Object.keys(queue.keys).filter(Boolean)
    const ids = [...keys, '7', '-7', '', 'a:b', 'repeat:a:1']
    expect(await caller.does('refuses', ...ids)).toEqual(ids)
    expect((await caller.call('add', [1, 2], { id: '7th' }).settled).value).toBe(3)
  })

  test('on the channels', async () => {
    const gate = join(rig.folder, 'gate2')
    const call = caller.call('work', [rig.log, 60_000, gate], { id: 'heard' })
    const pid = await rig.started('heard')
    const channels = (await client.pubsub('CHANNELS', `pebble-ts:${rig.queue}:*`)) as string[]
    expect(channels.length).toBe(2)
    const id = 'heard'
    const forged = { v: 1, k: 0, w: 'x:1', i: 1, d: 1, p: 'AAAA', s: 'AAAA' }
    const outcome = JSON.stringify(forged)
    const texts = [
      '',
      '{',
      'null',
      '7',
      '[]',
      '{}',
      '{"t":"ended"}',
      `{"t":1,"id":"${id}"}`,
      `{"t":"what","id":"${id}"}`,
    ]
    const more = [
      { t: 'ended', id, a: 1, o: outcome },
      { t: 'ended', id, a: 'x', o: 7 },
      { t: 'ended', id, o: 'job stalled more than allowable limit' },
      { t: 'ended', id, o: null },
      { t: 'progress', id, o: outcome },
      { t: 'progress', id },
      { t: 'active', id, w: { x: 1 }, a: {} },
      { t: 'look', id },
      { t: 'cancel', id },
    ]
    const heard = await recorded(channels, () => caller.call('work', [rig.log, 0], { id: 'other' }).settled)
    const replies = heard.map((text) => text.replaceAll('"other"', `"${id}"`))
    expect(replies.length).toBeGreaterThan(0)
    for (const channel of channels) for (const text of replies) await client.publish(channel, text)
    for (const channel of channels)
      for (const text of [...texts, ...more.map((each) => JSON.stringify(each))]) await client.publish(channel, text)
    expect(await call.running()).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 200)) // a body that was stopped would be gone
    writeFileSync(gate, '')
    expect(await call.settled).toMatchObject({ value: pid })
    expect(rig.noted('start', id).length).toBe(1)
  })

  test('as the outcome in a record: it is not deserialized, and the caller is told', async () => {
    const gate = join(rig.folder, 'gate3')
    const call = caller.call('work', [rig.log, 60_000, gate], { id: 'swapped' })
    await rig.started('swapped')
    const outcome = JSON.stringify({ v: 1, k: 0, w: 'x:1', i: 1, d: 1, p: 'AAAA', s: 'AAAA' })
    await client.hset(`bull:${rig.queue}:swapped`, { returnvalue: JSON.stringify(outcome), finishedOn: '1' })
    expect((await call.settled).error).toMatchObject({
      name: 'SerializationError',
      message: expect.stringContaining('The outcome of call swapped is not signed with the secret of this pool'),
    })
    writeFileSync(gate, '')
  })
})

test('machine and caller go on, and nothing was left on stderr', async () => {
  expect((await caller.call('add', [20, 22]).settled).value).toBe(42)
  expect([caller.stderr, machine.stderr]).toEqual(['', ''])
  expect(rig.witness().overlaps).toBe(0)
})
