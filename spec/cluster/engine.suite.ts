/** What the cluster expects of an engine. That in memory, Redis and PostgreSQL pass the same suite. */
import type {
  CallerEngine,
  JobData,
  JobEnd,
  NewJob,
  PickedJob,
  WorkerEngine,
  WorkerHandlers,
} from '../../src/cluster/engine'
import { judge, lostStarts } from '../../src/cluster/verdict'

export interface EngineKit {
  caller(): CallerEngine
  /** A worker that has not started. Its machine may die. */
  worker(options?: { readonly parallel?: number }): { readonly engine: WorkerEngine; die(): Promise<void> }
  /** Waits; a virtual clock goes on meanwhile. */
  until(condition: () => boolean | Promise<boolean>, what: string): Promise<void>
  /** Ends what the test has opened. */
  end(): Promise<void>
}

const LARGE = 'x'.repeat(300 * 1024)
/** A call that may start twice if its worker is lost. */
const twice = JSON.stringify({ limits: { on: ['lost'], attempts: 2 } })

export const job = (id: string, more: Partial<NewJob> = {}): NewJob => ({
  id,
  name: `the method of ${id}`,
  data: { c: 'caller-1', v: 1, m: JSON.stringify({ limits: {} }), p: 'AAAA' },
  priority: 0,
  delay: 0,
  attempts: 1,
  backoff: 0,
  ...more,
})

/** Runs jobs as a spec tells it: by default, each is finished with its id. */
export class Machine implements WorkerHandlers {
  readonly jobs: PickedJob[] = []
  readonly ends: Array<{ readonly id: string; readonly again: boolean }> = []
  readonly controls: string[] = []
  readonly recoveries: string[] = []
  readonly #work: (job: PickedJob) => JobEnd | Promise<JobEnd>

  constructor(work: (job: PickedJob) => JobEnd | Promise<JobEnd> = ({ id }) => ({ type: 'finished', outcome: id })) {
    this.#work = work
  }

  get ids(): string[] {
    return this.jobs.map(({ id }) => id)
  }

  async run(picked: PickedJob): Promise<JobEnd> {
    this.jobs.push(picked)
    return await this.#work(picked)
  }

  leaseRenewed(): void {
    // the jobs of this suite end before
  }

  recorded({ id }: PickedJob, _end: JobEnd, again: boolean): void {
    this.ends.push({ id, again })
  }

  leaseLost(): void {}

  recovered(ids: readonly string[]): void {
    this.recoveries.push(...ids)
  }

  control(text: string): void {
    this.controls.push(text)
  }
}

const never = (): Promise<JobEnd> => new Promise(() => undefined)
const renew = (data: JobData): JobData => ({ ...data, x: 7 })
const failed = (outcome: string, retry = false): JobEnd => ({ type: 'failed', outcome, retry })

export function describeEngine(makeKit: () => Promise<EngineKit>): void {
  let kit: EngineKit
  let caller: CallerEngine
  beforeEach(async () => {
    kit = await makeKit()
    caller = kit.caller()
    await caller.ready()
  })
  afterEach(() => kit.end())

  async function start(work?: (job: PickedJob) => JobEnd | Promise<JobEnd>, parallel = 1) {
    const machine = new Machine(work)
    const { engine, die } = kit.worker({ parallel })
    engine.start(machine)
    await engine.ready()
    return { machine, engine, die }
  }
  const read = async (id: string) => (await caller.read([id]))[0]!
  const reaches = (id: string, state: string) =>
    kit.until(async () => (await read(id)).state === state, `${id} to be ${state}`)

  describe('a job', () => {
    it('waits, is picked up with its data, and is finished with its outcome', async () => {
      await caller.add([job('a')])
      expect(await read('a')).toMatchObject({ state: 'waiting', pickUps: 0, failures: 0, data: job('a').data })
      const { machine } = await start()
      await reaches('a', 'finished')
      expect(await read('a')).toMatchObject({ name: 'the method of a', pickUps: 1, outcome: 'a' })
      expect(machine.jobs[0]).toMatchObject({ id: 'a', pickUps: 1, data: job('a').data, state: 'active' })
      await kit.until(() => machine.ends.length > 0, 'its record')
      expect(machine.ends).toEqual([{ id: 'a', again: false }])
    })

    it('has no record before it was added', async () => {
      expect(await caller.read(['x', 'y'])).toEqual(
        ['x', 'y'].map((id) => ({ id, state: 'missing', pickUps: 0, failures: 0, attempts: 1 })),
      )
    })

    it('is left as it is if its id is added again, in each state', async () => {
      const again = job('a', { data: { c: 'caller-2' }, attempts: 5 })
      await caller.add([job('a'), again])
      await caller.add([again])
      expect(await read('a')).toMatchObject({ state: 'waiting', data: job('a').data, attempts: 1 })
      const { machine } = await start()
      await reaches('a', 'finished')
      await caller.add([again])
      expect(await read('a')).toMatchObject({ state: 'finished', outcome: 'a' })
      await caller.add([job('b')])
      await reaches('b', 'finished')
      expect(machine.ids).toEqual(['a', 'b'])
    })

    it('with a higher priority goes first, else the older one', async () => {
      const jobs = [0, -5, 7, 0, 1_000_000].map((priority, at) => job(`job-${at}`, { priority }))
      for (const each of jobs) await caller.add([each])
      const { machine } = await start()
      await kit.until(() => machine.ends.length === 5, 'all of them')
      expect(machine.ids).toEqual(['job-4', 'job-2', 'job-0', 'job-3', 'job-1'])
    })

    it('waits for its delay', async () => {
      const { machine } = await start()
      await caller.add([job('late', { delay: 400 }), job('soon')])
      await reaches('soon', 'finished')
      expect(await caller.counts()).toMatchObject({ delayed: 1 })
      await reaches('late', 'finished')
      expect(machine.ids).toEqual(['soon', 'late'])
      expect(machine.jobs[1]?.waited).toBeLessThan(400)
    })

    it('is removed while it waits or is delayed, and not later', async () => {
      await caller.add([job('waits'), job('is delayed', { delay: 60_000 })])
      expect(await caller.remove('waits')).toBe(true)
      expect(await caller.remove('is delayed')).toBe(true)
      expect(await caller.remove('unknown')).toBe(false)
      expect((await read('waits')).state).toBe('missing')
      const { machine } = await start(({ id }) => (id === 'runs' ? never() : { type: 'finished', outcome: id }), 2)
      await caller.add([job('runs'), job('ends')])
      await reaches('ends', 'finished')
      await reaches('runs', 'active')
      expect(await caller.remove('runs')).toBe(false)
      expect(await caller.remove('ends')).toBe(false)
      expect(machine.ids.sort()).toEqual(['ends', 'runs'])
    })

    it.each(['finished', 'failed'] as const)('keeps a large outcome, %s', async (type) => {
      await start(() => (type === 'finished' ? { type, outcome: LARGE } : failed(LARGE)))
      await caller.add([job('a')])
      await reaches('a', type)
      const { outcome, data } = await read('a')
      expect(outcome).toBe(LARGE)
      expect(data?.c).toBe('caller-1')
    })
  })

  describe('a failure', () => {
    it('ends the job, if it is not to be tried again', async () => {
      const { machine } = await start(() => failed('refused'))
      await caller.add([job('a', { attempts: 3 })])
      await reaches('a', 'failed')
      expect(await read('a')).toMatchObject({ outcome: 'refused', pickUps: 1 })
      expect(machine.ids).toEqual(['a'])
    })

    it('lets it start again until its attempts are used up', async () => {
      const { machine } = await start(({ pickUps }) => failed(`${pickUps}: ${LARGE}`, true))
      await caller.add([job('a', { attempts: 3, backoff: 20 })])
      await reaches('a', 'failed')
      expect(machine.jobs.map(({ pickUps, failures }) => [pickUps, failures])).toEqual([
        [1, 0],
        [2, 1],
        [3, 2],
      ])
      await kit.until(() => machine.ends.length === 3, 'its records')
      expect(machine.ends.map(({ again }) => again)).toEqual([true, true, false])
      expect((await read('a')).outcome).toBe(`3: ${LARGE}`)
    })

    it('pauses it for the backoff, and it counts as no lost start', async () => {
      await start(({ failures }) => (failures === 0 ? failed('once', true) : { type: 'finished', outcome: 'then' }))
      await caller.add([job('a', { attempts: 2, backoff: 500 })])
      await kit.until(async () => (await read('a')).failures === 1, 'the first failure')
      const record = await read('a')
      expect(record).toMatchObject({ state: 'waiting', pickUps: 1, failures: 1 })
      expect(lostStarts(record)).toBe(0)
      expect(judge(record)).toBe('pending')
      await reaches('a', 'finished')
      expect(await read('a')).toMatchObject({ outcome: 'then', pickUps: 2 })
    })
  })

  it('a job that is requeued waits, and its pick-ups tell starts from requeues', async () => {
    const { machine } = await start(({ data }) =>
      (data.b ?? 0) < 2 ? { type: 'requeue', delay: 30 } : { type: 'finished', outcome: 'at last' },
    )
    await caller.add([job('a')])
    await reaches('a', 'finished')
    expect(machine.jobs.map(({ pickUps, data }) => [pickUps, data.b ?? 0])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ])
    expect(machine.jobs.map(lostStarts)).toEqual([0, 0, 0])
    expect(await read('a')).toMatchObject({ outcome: 'at last', failures: expect.any(Number), data: { b: 2 } })
  })

  describe('a lost worker', () => {
    it('is noticed after its lease, with no worker left', async () => {
      const { die, machine } = await start(never)
      await caller.add([job('a'), job('b', { data: { ...job('b').data, m: twice }, attempts: 2 })])
      await kit.until(() => machine.jobs.length === 1, 'the pick-up')
      await die()
      expect(await read('a')).toMatchObject({ state: 'active', pickUps: 1 })
      const recovered: string[] = []
      await kit.until(async () => recovered.push(...(await caller.recoverLost())) > 0, 'the lease to run out')
      expect(recovered).toEqual(['a'])
      const record = await read('a')
      expect(record).toMatchObject({ state: 'waiting', pickUps: 1, failures: 0 })
      expect(lostStarts(record)).toBe(1)
      expect(judge(record)).toBe('lost')
    })

    it('is noticed by other workers, and the next pick-up counts the lost start', async () => {
      const first = await start(never)
      await caller.add([job('a', { data: { ...job('a').data, m: twice }, attempts: 2 })])
      await kit.until(() => first.machine.jobs.length === 1, 'the pick-up')
      await first.die()
      const second = await start(({ pickUps }) => ({ type: 'finished', outcome: `${pickUps}` }))
      await reaches('a', 'finished')
      expect(second.machine.jobs.map(lostStarts)).toEqual([1])
      expect(second.machine.recoveries).toEqual(['a'])
      expect((await read('a')).outcome).toBe('2')
    })

    it('does not concern jobs whose leases are renewed', async () => {
      let end: (outcome: JobEnd) => void = () => undefined
      const alive = await start(() => new Promise((resolve) => (end = resolve)))
      await caller.add([job('a')])
      await kit.until(() => alive.machine.jobs.length === 1, 'the pick-up')
      const dying = await start(never)
      await caller.add([job('b')])
      await kit.until(() => dying.machine.jobs.length === 1, 'the other pick-up')
      await dying.die()
      const recovered: string[] = []
      const all = () => [...recovered, ...alive.machine.recoveries]
      await kit.until(async () => {
        recovered.push(...(await caller.recoverLost()))
        return all().length > 0
      }, 'the lease to run out')
      expect(all()).toEqual(['b'])
      expect((await read('a')).state).toBe('active')
      end({ type: 'finished', outcome: 'still here' })
      await reaches('a', 'finished')
    })
  })

  describe('messages', () => {
    it('reach the caller that they are for, in order', async () => {
      const heard: string[] = []
      caller.listen(
        'caller-1',
        (text) => heard.push(text),
        () => undefined,
      )
      const other = kit.caller()
      const foreign: string[] = []
      other.listen(
        'caller-2',
        (text) => foreign.push(text),
        () => undefined,
      )
      await Promise.all([caller.ready(), other.ready()])
      const { engine } = await start()
      const long = 'é'.repeat(engine.longestReply)
      for (const text of ['one', 'two', long]) engine.reply('caller-1', text)
      engine.reply('nobody listens', 'lost')
      caller.reply('caller-2', 'of a caller')
      await kit.until(() => heard.length === 3 && foreign.length === 1, 'the replies')
      expect(heard).toEqual(['one', 'two', long])
      expect(foreign).toEqual(['of a caller'])
    })

    it('reach all workers', async () => {
      const machines = [await start(), await start()].map(({ machine }) => machine)
      await caller.control('stop it')
      await kit.until(() => machines.every(({ controls }) => controls.length === 1), 'the messages')
      expect(machines.map(({ controls }) => controls)).toEqual([['stop it'], ['stop it']])
    })
  })

  it('progress stands in the record', async () => {
    const { engine, machine } = await start(never)
    await caller.add([job('a')])
    await kit.until(() => machine.jobs.length === 1, 'the pick-up')
    await engine.progress('a', { o: 'half' })
    expect(await read('a')).toMatchObject({ state: 'active', progress: { o: 'half' } })
    expect((await engine.read(['a']))[0]).toMatchObject({ progress: { o: 'half' } })
  })

  it('counts jobs and workers', async () => {
    expect(await caller.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0, workers: 0 })
    await caller.add([job('later', { delay: 60_000 })])
    const { machine } = await start(({ id }) => (id === 'fails' ? failed('it') : never()))
    await caller.add([
      job('fails', { priority: 3 }),
      job('runs', { priority: 2 }),
      job('waits', { priority: 1 }),
      job('waits too'),
    ])
    await kit.until(() => machine.jobs.length === 2, 'two pick-ups')
    const counts = { waiting: 2, active: 1, delayed: 1, failed: 1, workers: 1 }
    await kit.until(async () => (await caller.counts()).workers === 1, 'the worker to be known')
    expect(await caller.counts()).toEqual(counts)
  })

  describe('failed jobs', () => {
    it('are listed, the newest first, and forgotten', async () => {
      await start(({ id }) => failed(`no ${id}`))
      for (const id of ['a', 'b', 'c']) {
        await caller.add([job(id)])
        await reaches(id, 'failed')
        await kit.until(async () => (await caller.failed(0, 9)).includes(id), 'the list')
      }
      expect(await caller.failed(0, 1)).toEqual(['c', 'b'])
      expect(await caller.failed(2, 9)).toEqual(['a'])
      await caller.forget('b')
      await caller.forget('unknown')
      expect(await caller.failed(0, 9)).toEqual(['c', 'a'])
    })

    it('start again from the beginning, if they are to', async () => {
      let fails = true
      const { machine } = await start(({ data }) => {
        if (data.b === undefined) return { type: 'requeue', delay: 1 }
        return fails ? failed(LARGE) : { type: 'finished', outcome: 'now' }
      })
      await caller.add([job('a')])
      await reaches('a', 'failed')
      expect([await caller.retry('unknown', renew), (fails = false)]).toEqual([false, false])
      expect(await caller.retry('a', renew)).toBe(true)
      await reaches('a', 'finished')
      expect(await caller.retry('a', renew)).toBe(false)
      expect((await read('a')).outcome).toBe('now')
      const last = machine.jobs.at(-1) as PickedJob
      expect(last.pickUps - (last.data.b ?? 0)).toBe(1)
      expect(last.failures).toBe(0)
    })
  })

  it('repeats a job until that ends, each time with an id of its own', async () => {
    const { machine } = await start()
    const { id: _id, ...template } = job('x')
    await caller.repeat('tick:tock', { every: 150 }, template)
    await kit.until(() => machine.jobs.length >= 3, 'three of them')
    expect(await caller.unrepeat('tick:tock')).toBe(true)
    expect(await caller.unrepeat('tick:tock')).toBe(false)
    const ids = machine.ids
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => id.slice(0, id.lastIndexOf(':')) === 'repeat:tick:tock')).toBe(true)
    expect(machine.jobs[0]?.data).toEqual(template.data)
  })

  describe('a worker', () => {
    it('has as many jobs as it may, and no more', async () => {
      const ends: Array<(end: JobEnd) => void> = []
      const { machine } = await start(() => new Promise((resolve) => ends.push(resolve)), 2)
      await caller.add([job('a'), job('b'), job('c')])
      await kit.until(() => ends.length === 2, 'two pick-ups')
      expect((await read('c')).state).toBe('waiting')
      ends[0]?.({ type: 'finished', outcome: '' })
      await kit.until(() => ends.length === 3, 'the third')
      expect(machine.ids).toEqual(['a', 'b', 'c'])
    })

    it('takes none while it is paused', async () => {
      const { engine, machine } = await start()
      engine.pause()
      await caller.add([job('a')])
      const other = await start()
      await reaches('a', 'finished')
      other.engine.pause()
      await caller.add([job('b')])
      engine.resume()
      await reaches('b', 'finished')
      expect([machine.ids, other.machine.ids]).toEqual([['b'], ['a']])
    })

    it('drains: it ends what it has, and takes no more', async () => {
      let end: (end: JobEnd) => void = () => undefined
      const { engine, machine } = await start(() => new Promise((resolve) => (end = resolve)))
      await caller.add([job('a')])
      await kit.until(() => machine.jobs.length === 1, 'the pick-up')
      let drained = false
      const draining = engine.drain().then(() => (drained = true))
      await caller.add([job('b')])
      expect(drained).toBe(false)
      end({ type: 'finished', outcome: 'done' })
      await kit.until(() => drained, 'the end')
      await draining
      expect([(await read('a')).state, (await read('b')).state]).toEqual(['finished', 'waiting'])
    })
  })
}
