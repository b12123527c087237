/** Decorated methods and tasks on other machines, from end to end. */
import { appendFileSync, readFileSync } from 'node:fs'
import {
  asCompleted,
  callbacks,
  CancelledError,
  configure,
  futureOf,
  Lock,
  pools,
  ProcessExpired,
  Queue,
  wait,
} from 'pebble-ts'
import { NotFoundError, PoolError, SerializationError, TimeoutError } from 'pebble-ts'
import { QueueFuture, type QueuePool, type QueueWorker } from 'pebble-ts/cluster'
import * as fixture from '../fixtures/cluster/reports'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import { failure, settled, until } from '../support/until'
import { Cluster } from './cluster-kit'
import { queueName, type Engine } from './services'

const { Money, OutOfMoney, Reports } = fixture
const source = readFileSync(require.resolve('../fixtures/cluster/reports'), 'utf8').split('\n')
const lineOf = (text: string): number => source.findIndex((line) => line.includes(text)) + 1

export function describeQueuePool(engine: () => Engine): void {
  const cluster = new Cluster(engine)
  const reports = new Reports()
  let pool: QueuePool
  let worker: QueueWorker
  beforeAll(async () => {
    const started = await cluster.start()
    pool = started.pool
    worker = started.worker
  })
  const gone = (log: string): Promise<void> =>
    until(() => lines(log).length > 0 && !isAlive(Number(lines(log)[0])), 'its process to be gone')

  describe('a decorated method', () => {
    it('runs on a worker machine, with its `this`', async () => {
      reports.factor = 5
      const future = futureOf(reports.times(8))
      expect(future).toBeInstanceOf(QueueFuture)
      expect(await settled(future)).toBe(40)
      expect(future).toMatchObject({ worker: worker.name, attempt: 1 })
      expect((future as QueueFuture<number>).pid).toEqual(expect.any(Number))
    })

    it('can be static, and its task has the id of the future', async () => {
      const future = futureOf(Reports.where())
      const { pid, id } = await settled(future)
      expect([id, pid === process.pid]).toEqual([future.id, false])
    })

    it.each<[string, unknown]>([
      ['a buffer', Buffer.from([0, 1, 255])],
      ['a map', new Map<unknown, unknown>([['a', new Set([1n])]])],
      ['a date', new Date(5)],
      ['text of all sorts', 'ü\u0000\ud83d\ude00'],
      ['undefined', undefined],
      ['300 KB', 'x'.repeat(300_000)],
    ])('takes and returns %s', async (_what, value) => {
      expect(await settled(reports.echo(value))).toEqual(value)
    })

    it('takes and returns instances of @serializable classes', async () => {
      const raised = await settled(reports.raise(new Money(150)))
      expect(raised).toBeInstanceOf(Money)
      expect(raised.euros).toBe(2.5)
    })

    it('rejects with the error of its body, and the frames of both sides', async () => {
      async function caller(): Promise<void> {
        await reports.pay(new Money(99))
      }
      const error = await failure<InstanceType<typeof OutOfMoney>>(caller())
      expect(error).toBeInstanceOf(OutOfMoney)
      expect(error.missing).toBeInstanceOf(Money)
      expect([error.message, error.missing.cents]).toEqual(['too expensive', 99])
      expect(error.stack).toContain(`reports.ts:${lineOf("new OutOfMoney('too expensive'")}`)
      expect(error.stack).toContain('queue-pool.suite.ts')
    })

    it('calls the callbacks of its instance', async () => {
      const own = new Reports()
      const said: string[] = []
      callbacks(own, 'times').callback = (_id, result) => said.push(`result ${result}`)
      callbacks(own, 'pay').errorCallback = (_id, error) => said.push(`error ${error.name}`)
      await settled(own.times(2))
      await failure(own.pay(new Money(1)))
      await settled(new Reports().times(9))
      await until(() => said.length === 2, 'both')
      expect(said).toEqual(['result 6', 'error OutOfMoney'])
    })

    it('remembers results', async () => {
      const log = scratchFile()
      expect([await settled(reports.remembered(log, 4)), await settled(reports.remembered(log, 4))]).toEqual([16, 16])
      expect(lines(log)).toEqual(['4'])
    })

    it('runs in the calling thread in eager mode', async () => {
      configure({ eager: true })
      try {
        expect((await settled(Reports.where())).pid).toBe(process.pid)
      } finally {
        configure({ eager: undefined })
      }
    })

    it('is refused as a stream', async () => {
      const error = await failure(reports.stream().next())
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/is a stream \(`async \*`\), which other machines cannot run/)
    })

    it.each<[string, () => unknown]>([
      ['Lock', () => new Lock()],
      ['Queue', () => new Queue()],
    ])('refuses a %s among its arguments', async (name, make) => {
      const error = await failure(reports.echo(make()))
      expect(error).toBeInstanceOf(SerializationError)
      expect(error.message).toContain(`a ${name} exists in one program, and other machines cannot reach it`)
    })

    it('expires if its process dies', async () => {
      const error = await failure<ProcessExpired>(reports.die())
      expect(error).toBeInstanceOf(ProcessExpired)
      expect(error.exitCode).toBe(7)
      expect(error.pid).toEqual(expect.any(Number))
      expect(error.message).toContain('the last words')
      expect(await settled(reports.times(1))).toBe(5)
    })
  })

  describe('limits', () => {
    it('stop a body that blocks its process', async () => {
      const log = scratchFile()
      const error = await failure<TimeoutError>(reports.limited(log))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.timeout).toBe(300)
      await gone(log)
    })

    it('end the wait for a worker', async () => {
      const empty = cluster.pool(queueName('empty'))
      await empty.refresh() // the queue is connected: the limit is about the workers
      const log = scratchFile()
      const future = empty.schedule(fixture.noteTask, { args: [log, 'ran'], queueTimeout: 200 })
      const error = await failure<TimeoutError>(future)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.message).toMatch(
        /did not start within 200 ms \(limit `queueTimeout: 200`\)\. No worker machine serves the queue 'empty-.*'\. Start one/,
      )
      expect((await empty.refresh()).queue).toMatchObject({ waiting: 0, active: 0 })
      expect(lines(log)).toEqual([])
    })

    it('refuse calls beyond maxQueue', async () => {
      const small = cluster.pool(queueName('small'), { maxQueue: 1 })
      const first = small.schedule(fixture.add, { args: [1, 1] })
      const error = await failure<PoolError>(small.schedule(fixture.add, { args: [1, 2] }))
      expect(error).toBeInstanceOf(PoolError)
      expect(error.reason).toBe('full')
      first.cancel()
    })
  })

  describe('cancel', () => {
    it('removes a call that waits', async () => {
      const empty = cluster.pool(queueName('empty'))
      const future = empty.schedule(fixture.add, { args: [1, 2] })
      await empty.ready()
      await until(async () => (await empty.refresh()).queue?.waiting === 1, 'the job')
      expect(future.cancel()).toBe(true)
      expect(await failure(future)).toBeInstanceOf(CancelledError)
      await until(async () => (await empty.refresh()).queue?.waiting === 0, 'the job to be removed')
    })

    it('stops a body that blocks its process', async () => {
      const log = scratchFile()
      const future = futureOf(reports.loop(log))
      await until(() => lines(log).length > 0, 'the body to start')
      expect(future.cancel()).toBe(true)
      expect(await failure(future)).toBeInstanceOf(CancelledError)
      await gone(log)
    })

    it('comes from the option `signal`', async () => {
      const [gate, abortion] = [new Gate(), new AbortController()]
      const future = pool.schedule(fixture.passTask, { args: [gate.path], signal: abortion.signal })
      await gate.whenArrived()
      abortion.abort('enough')
      const error = await failure<CancelledError>(future)
      expect([error instanceof CancelledError, error.cause]).toEqual([true, 'enough'])
      await until(() => !isAlive(gate.pids[0] as number), 'its process to be gone')
    })

    it('comes from a signal among the arguments', async () => {
      const [gate, abortion] = [new Gate(), new AbortController()]
      const future = futureOf(reports.signalled(gate.path, abortion.signal))
      await gate.whenArrived()
      abortion.abort('enough')
      expect(await failure(future)).toBeInstanceOf(CancelledError)
      await until(() => !isAlive(gate.pids[0] as number), 'its process to be gone')
    })
  })

  describe('futures', () => {
    it('report progress', async () => {
      const gate = new Gate()
      const future = futureOf(reports.count(gate.path))
      const heard: Array<{ part: number; money: InstanceType<typeof Money> }> = []
      future.onProgress((value) => heard.push(value as (typeof heard)[number]))
      await until(() => heard.length > 0, 'the progress')
      gate.open()
      expect(await settled(future)).toBe('counted')
      expect(heard).toHaveLength(1)
      expect([heard[0]?.part, heard[0]?.money]).toEqual([1, new Money(7)])
    })

    it('report progress that comes faster than it is passed on', async () => {
      const heard: number[] = []
      const future = futureOf(reports.countFast(1_000))
      future.onProgress((value) => heard.push(value as number))
      const count = await settled(future)
      expect(heard.length).toBeGreaterThan(2)
      expect(heard.length).toBeLessThan(20)
      expect(heard).toEqual([...heard].sort((a, b) => a - b))
      expect(heard.at(-1)).toBeGreaterThan(count / 3)
    })

    it('are waited for together', async () => {
      const gate = new Gate()
      const [slow, quick] = [futureOf(reports.pass(gate.path)), futureOf(reports.times(2))]
      const { done } = await settled(wait([slow, quick], { returnWhen: 'firstCompleted' }))
      expect([...done]).toEqual([quick])
      const order: unknown[] = []
      for await (const future of asCompleted([slow, quick])) {
        order.push(await future)
        gate.open()
      }
      expect(order).toEqual([10, 'passed'])
    })
  })

  describe('map', () => {
    it('keeps the order, and the errors of elements', async () => {
      const numbers = Array.from({ length: 50 }, (_, n) => n)
      const outcomes: unknown[] = []
      const iterator = pool.map(fixture.oddFails, numbers, { chunkSize: 7 })[Symbol.asyncIterator]()
      for (;;) {
        try {
          const step = await settled(iterator.next())
          if (step.done) break
          outcomes.push(step.value)
        } catch (error) {
          outcomes.push((error as Error).message)
        }
      }
      expect(outcomes).toEqual(numbers.map((n) => (n % 2 === 1 ? `${n} is odd` : n * 10)))
    })

    it('loses one element with a process that dies, and no other', async () => {
      const log = scratchFile()
      const items = Array.from({ length: 12 }, (_, n): [number, string] => [n, log])
      const outcomes: unknown[] = []
      const iterator = pool.map(fixture.dieAtFive, items, { chunkSize: 4 })[Symbol.asyncIterator]()
      for (;;) {
        try {
          const step = await settled(iterator.next())
          if (step.done) break
          outcomes.push(step.value)
        } catch (error) {
          outcomes.push((error as Error).name)
        }
      }
      expect(outcomes).toEqual(items.map(([n]) => (n === 5 ? 'ProcessExpired' : n)))
      expect(
        lines(log)
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(items.map(([n]) => n))
    })
  })

  describe('schedule', () => {
    it('lets calls of a higher priority go first', async () => {
      const [queue, log, gate] = [queueName('priorities'), scratchFile(), new Gate()]
      const own = cluster.pool(queue)
      const machine = cluster.worker(queue, { processes: 1 })
      await Promise.all([own.ready(), machine.ready()])
      const first = own.schedule(fixture.passTask, { args: [gate.path] })
      await gate.whenArrived()
      const rest = [0, 5, -5, 5].map((priority, at) =>
        own.schedule(fixture.noteTask, { args: [log, `${at}`], priority }),
      )
      await until(async () => (await own.refresh()).queue?.waiting === 4, 'the jobs')
      gate.open()
      await settled(Promise.all([first, ...rest]))
      expect(lines(log)).toEqual(['1', '3', '0', '2'])
    })

    it.each([Infinity, -Infinity, 1e300, -5_000_000, 0.4])('takes the priority %d', async (priority) => {
      const limits = { priority, timeout: Infinity, queueTimeout: Infinity, grace: Infinity }
      expect(await settled(pool.schedule(fixture.add, { args: [1, 2], ...limits }))).toBe(3)
    })

    it.each(['ein name', 'a/b', '\u{1f600}', 'a\nb', '__proto__', '{a}', '%00'])('takes the id %j', async (id) => {
      expect(await settled(pool.schedule(fixture.add, { args: [1, 2], id: `${id} ${queueName()}` }))).toBe(3)
    })

    it('delays a call', async () => {
      const started = performance.now()
      expect(await settled(pool.schedule(fixture.add, { args: [1, 2], delay: 300 }))).toBe(3)
      expect(performance.now() - started).toBeGreaterThanOrEqual(299)
    })

    it('joins the call that has its id', async () => {
      const [log, id] = [scratchFile(), queueName('invoice')]
      const first = pool.schedule(fixture.noteTask, { args: [log, 'one'], id })
      const second = pool.schedule(fixture.noteTask, { args: [log, 'two'], id })
      expect(first.id).toBe(id)
      expect(await settled(Promise.all([first, second]))).toEqual(['one', 'one'])
      expect(await settled(pool.schedule(fixture.noteTask, { args: [log, 'three'], id }))).toBe('one')
      expect(lines(log)).toEqual(['one'])
    })

    it.each(['42', 'a:b', '', 'failed', 'wait'])('refuses the id %j', (id) => {
      expect(() => pool.schedule(fixture.add, { args: [1, 2], id })).toThrow(TypeError)
    })

    it('attaches to a call, and knows when there is none', async () => {
      const gate = new Gate()
      const future = pool.schedule(fixture.passTask, { args: [gate.path] })
      await gate.whenArrived()
      const attached = pool.attach<string>(future.id)
      gate.open()
      expect(await settled(attached)).toBe(await settled(future))
      expect(await settled(pool.attach(future.id))).toBe(await future)
      const error = await failure(pool.attach('nothing-of-that-kind'))
      expect(error).toBeInstanceOf(NotFoundError)
      expect(error.message).toContain('has no record of call nothing-of-that-kind')
    })

    it('tries again as `retries` says', async () => {
      const [log, fixed] = [scratchFile(), scratchFile()]
      const retries = { attempts: 3, on: ['error' as const], backoff: 10 }
      const future = pool.schedule(fixture.failsWithout, { args: [log, fixed], retries })
      const error = await failure(future)
      expect([error instanceof RangeError, error.message]).toEqual([true, 'not yet'])
      expect(lines(log)).toHaveLength(3)
      expect(future.attempt).toBe(3)
    })
  })

  it('failed calls are listed, start again, and are forgotten', async () => {
    const queue = queueName('dead')
    const own = cluster.pool(queue)
    await Promise.all([own.ready(), cluster.worker(queue).ready()])
    const [log, fixed] = [scratchFile(), scratchFile()]
    const future = own.schedule(fixture.failsWithout, { args: [log, fixed] })
    await failure(future)
    const list = async () => {
      const all = []
      for await (const call of own.failed()) all.push(call)
      return all
    }
    const [call] = await list()
    expect(call).toMatchObject({ id: future.id, error: expect.any(RangeError), worker: worker.name })
    expect(call?.name).toContain('failsWithout')
    const again = await failure(own.retry(future.id))
    expect(again.message).toBe('not yet')
    appendFileSync(fixed, 'fixed\n')
    expect(await settled(own.retry(future.id))).toBe('fixed')
    expect(await list()).toEqual([])
    expect(lines(log)).toHaveLength(3)
    await own.forget(future.id)
    expect(await failure(own.attach(future.id))).toBeInstanceOf(NotFoundError)
    expect(await failure(own.retry('unknown'))).toBeInstanceOf(NotFoundError)
  })

  it('a failed run of a repetition is tried again and forgotten like any other call', async () => {
    const queue = queueName('failing')
    const own = cluster.pool(queue)
    await Promise.all([own.ready(), cluster.worker(queue).ready()])
    const [log, fixed] = [scratchFile(), scratchFile()]
    await own.repeat('tick', fixture.failsWithout, { every: 100, args: [log, fixed] })
    await until(() => lines(log).length >= 2, 'two runs')
    await own.unrepeat('tick')
    const failures: string[] = []
    await until(async () => {
      failures.length = 0
      for await (const { id } of own.failed()) failures.push(id)
      return failures.length > 0 && failures.length === lines(log).length
    }, 'the failures to be recorded')
    expect(failures[0]).toMatch(/^repeat:tick:\d+$/)
    appendFileSync(fixed, 'fixed\n')
    expect(await settled(own.retry(failures[0] as string))).toBe('fixed')
    expect(await settled(own.attach(failures[0] as string))).toBe('fixed')
    await own.forget(failures[1] as string)
    const left = []
    for await (const { id } of own.failed()) left.push(id)
    expect(left).toEqual(failures.slice(2))
  })

  it('a repetition runs until it ends', async () => {
    const queue = queueName('repeated')
    const own = cluster.pool(queue)
    await Promise.all([own.ready(), cluster.worker(queue).ready()])
    const log = scratchFile()
    await own.repeat('tick', fixture.noteTask, { every: 200, args: [log, 'tick'] })
    await until(() => lines(log).length >= 3, 'three ticks')
    expect(await own.unrepeat('tick')).toBe(true)
    expect(await own.unrepeat('tick')).toBe(false)
    const failures = []
    for await (const call of own.failed()) failures.push(call)
    expect(failures).toEqual([])
  })

  it('stats tell of the pool and of the whole queue', async () => {
    expect(await pool.refresh()).toMatchObject({ state: 'running', pending: 0, queue: { workers: 1, active: 0 } })
    expect(worker.stats()).toMatchObject({ state: 'running', running: 0, done: expect.any(Number) })
    expect(pools.get('cluster')).toBe(pool)
  })
}
