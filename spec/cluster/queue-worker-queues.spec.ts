/** A worker machine with several queues: they share its processes. */
import { Redis } from 'ioredis'
import type { QueuePool, QueueWorker } from 'pebble-ts/cluster'
import * as fixture from '../fixtures/cluster/reports'
import '../support/setup'
import { Gate, lines, scratchFile } from '../support/gate'
import { settled, until } from '../support/until'
import { Cluster } from './cluster-kit'
import { describeWithEngine, queueName, type Engine } from './services'

describeWithEngine('redis', describeQueues)
describeWithEngine('postgres', describeQueues)

function describeQueues(engine: () => Engine): void {
  const cluster = new Cluster(engine)
  let queues: [string, string]
  let a: QueuePool
  let b: QueuePool
  let worker: QueueWorker

  async function start(processes: number): Promise<void> {
    queues = [queueName('first'), queueName('second')]
    ;[a, b] = [cluster.pool(queues[0]), cluster.pool(queues[1])]
    worker = cluster.worker(queues as never, { processes })
    await Promise.all([a.ready(), b.ready(), worker.ready()])
  }
  const passes = (pool: QueuePool, gate: Gate) => pool.schedule(fixture.passTask, { args: [gate.path] })
  const counts = async (): Promise<{ active: number; waiting: number }> => {
    const all = await Promise.all([a.refresh(), b.refresh()])
    const sum = (key: 'active' | 'waiting'): number => all.reduce((total, { queue }) => total + (queue?.[key] ?? 0), 0)
    return { active: sum('active'), waiting: sum('waiting') }
  }

  /** A machine whose only process is busy with a call of one queue, while a call of the other one waits. */
  async function startFull() {
    await start(1)
    const gate = new Gate()
    const first = passes(a, gate)
    await gate.whenArrived()
    const second = b.schedule(fixture.add, { args: [1, 2] })
    await until(async () => (await counts()).waiting === 1, 'the second call to wait')
    return { gate, first, second }
  }

  it('has as many calls as processes, whichever queues they are of', async () => {
    await start(2)
    const gate = new Gate()
    const calls = [a, b, a, b, a, b].map((pool) => passes(pool, gate))
    await gate.whenArrived(2)
    for (let round = 0; round < 20; round++) expect(await counts()).toEqual({ active: 2, waiting: 4 })
    expect(worker.stats().running).toBe(2)
    gate.open()
    await settled(Promise.all(calls), 'the calls')
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('takes the calls of its queues in turn', async () => {
    await start(1)
    const [gate, log] = [new Gate(), scratchFile()]
    const first = passes(a, gate)
    await gate.whenArrived()
    const note = (pool: QueuePool, text: string) => pool.schedule(fixture.noteTask, { args: [log, text] })
    const calls = [...Array(6).keys()].map((n) => note(a, `a${n}`))
    await until(async () => (await counts()).waiting === 6, 'the calls to wait')
    calls.push(note(b, 'b'))
    await until(async () => (await counts()).waiting === 7, 'the call of the other queue to wait')
    gate.open()
    await settled(Promise.all([first, ...calls]), 'the calls')
    expect(lines(log).indexOf('b')).toBeLessThan(3)
  })

  it('does not take a call for which it has no process: another machine does', async () => {
    await start(1)
    const gate = new Gate()
    const first = passes(a, gate)
    await gate.whenArrived()
    const other = cluster.worker(queues[1], { processes: 1 })
    await other.ready()
    expect(await settled(b.schedule(fixture.add, { args: [1, 2] }), 'the call on the other machine')).toBe(3)
    gate.open()
    await settled(first, 'the first call')
  })

  it('takes none while it is paused, also of a queue that waited for a process', async () => {
    const { gate, first, second } = await startFull()
    worker.pause()
    gate.open()
    await settled(first, 'the first call')
    await until(async () => (await counts()).active === 0, 'the first call to be recorded')
    for (let round = 0; round < 20; round++) expect(await counts()).toEqual({ active: 0, waiting: 1 })
    worker.resume()
    expect(await settled(second, 'the second call')).toBe(3)
  })

  it('closes while a queue waits for a process', async () => {
    const { gate, first, second } = await startFull()
    const closing = worker.close()
    gate.open()
    await settled(Promise.all([first, closing]), 'the worker to close')
    expect(await counts()).toEqual({ active: 0, waiting: 1 })
    await cluster.worker(queues[1]).ready()
    expect(await settled(second, 'the second call')).toBe(3)
  })
}

describeWithEngine('redis', (engine) => {
  const cluster = new Cluster(engine)

  test('queues that have nothing leave Redis alone, also after they have waited for a process', async () => {
    const queues = [queueName('busy'), queueName('idle'), queueName('idle'), queueName('idle')]
    const pool = cluster.pool(queues[0] as string)
    await Promise.all([pool.ready(), cluster.worker(queues as never, { processes: 1 }).ready()])
    const gate = new Gate()
    const call = pool.schedule(fixture.passTask, { args: [gate.path] })
    await gate.whenArrived()
    const busy = performance.now()
    await until(() => performance.now() - busy > 6_000, 'the other queues to look for jobs, after 5 s')
    gate.open()
    await settled(call, 'the call')
    const client = new Redis(engine().url)
    try {
      const total = /total_commands_processed:(\d+)/
      const commands = async (): Promise<number> => Number(total.exec(await client.info())?.[1])
      const [from, before] = [performance.now(), await commands()]
      await until(() => performance.now() - from > 1_000, 'a second to pass')
      expect((await commands()) - before).toBeLessThan(200)
    } finally {
      client.disconnect()
    }
  })
})
