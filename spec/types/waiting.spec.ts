/** The public types of locks, signals, queues, waits and worker pools, name by name, as the compiler sees them. */
import { compile, type Dialect } from './compile'

const HEAD = `
import { type ChildProcess, fork } from 'node:child_process'
import { Worker as Thread } from 'node:worker_threads'
import { Lock, Queue, RLock, Semaphore, sighandler, sighandlers, task, waitForQueues, waitForThreads } from 'pebble-ts'
import { DummyQueue, SummoningPool, Worker, WorkerPool, iterqueue, pool, summoningPool } from 'pebble-ts/workers'
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void => undefined
export const names = [fork, Thread, Lock, RLock, Semaphore, sighandler, sighandlers, task, Queue, waitForQueues, waitForThreads,
  DummyQueue, SummoningPool, Worker, WorkerPool, iterqueue, pool, summoningPool, same]
`

const accepted = [
  {
    title: 'locks',
    program: `
      export async function use(lock: Lock | RLock | Semaphore, signal: AbortSignal): Promise<void> {
        const held: Disposable & (() => void) = await lock.acquire({ timeout: 5, signal })
        held()
        same<ReturnType<typeof lock.release>, void>()
        same<typeof lock.locked, boolean>()
        same<Awaited<ReturnType<typeof text>>, string>()
        function text() { return lock.runExclusive(() => 'ran', { signal }) }
      }
      export const all = [new Lock(), new RLock(), new Semaphore(3)]`,
  },
  {
    title: 'queues',
    program: `
      export async function use(queue: Queue<string>, signal: AbortSignal): Promise<void> {
        const put: Promise<void> = queue.put('a', { timeout: 5, signal })
        const item: string = await queue.get({ timeout: 5, signal })
        queue.putNowait(item)
        same<ReturnType<typeof queue.getNowait>, string>()
        same<[typeof queue.size, typeof queue.empty, typeof queue.full], [number, boolean, boolean]>()
        same<ReturnType<typeof queue.taskDone>, void>()
        same<ReturnType<typeof queue.join>, Promise<void>>()
        await put
      }
      export const all = [new Queue<number>(), new Queue<number>(10), new Queue()]
      export const dummies: Queue<string> = new DummyQueue<string>((item) => item.length)
      export const silent: Queue<number> = new DummyQueue<number>()`,
  },
  {
    title: 'waits for threads and queues',
    program: `
      export async function use(threads: Thread[], children: Set<ChildProcess>, signal: AbortSignal): Promise<void> {
        same<Awaited<ReturnType<typeof exited>>, Thread[]>()
        function exited() { return waitForThreads(threads, 5) }
        const either: Array<Thread | ChildProcess> = await waitForThreads([...threads, ...children], undefined, { signal })
        const [numbers, texts] = [new Queue<number>(), new Queue<string>()]
        const ready: Array<Queue<number>> = await waitForQueues([numbers])
        const mixed: Array<Queue<number> | Queue<string>> = await waitForQueues([numbers, texts], 5, { signal })
        const any: Queue[] = await waitForQueues(new Set<Queue>(), 5)
        void [either, ready, mixed, any]
      }`,
  },
  {
    title: 'worker pools with boxes',
    program: `
      const add = task((a: number, b: number) => a + b)
      const setUp = task(async ({ name }: { name: string }) => ({ name }))
      export async function use(): Promise<void> {
        const [inbox, outbox, errbox] = [new Queue(), new Queue<number>(), new DummyQueue<Error>()]
        await using p = pool(8, { inbox, outbox, errbox, suffix: 'x', stagger: 5, workerSetup: setUp, kind: 'process' })
        const same1: WorkerPool & AsyncDisposable = p
        await p.inbox.put([add, [1, 2], { c: 3 }])
        same<[typeof p.name, ReturnType<typeof p.poolsize>], [string, number]>()
        same<[ReturnType<typeof p.summon>, ReturnType<typeof p.run>, ReturnType<typeof p.pause>], [void, void, void]>()
        p.summon(2, 5)
        const ends: Array<Promise<void>> = [p.banish(2), p.stop(), p.stop(false), p.exile(), p.exile(true, { timeout: 5 })]
        const results: AsyncIterable<number> = iterqueue(outbox)
        const more: WorkerPool = new SummoningPool(1, 10, { rate: 2, ratio: 5, interval: 100, suffix: 'y' })
        await using s = summoningPool(1, 2)
        const one = new Worker({ inbox, outbox, errbox, name: 'x', kind: 'thread' })
        await one.inbox.put([add])
        void [same1, ends, results, more, s, new WorkerPool(3)]
      }`,
  },
  {
    title: 'signal handlers',
    program: `
      export class Server {
        @sighandler('SIGTERM') stop(): void {}
        @sighandler(['SIGINT', 'SIGHUP']) async end(signal: NodeJS.Signals, number: number) { return [signal, number] }
        @sighandler('SIGUSR2') static reload(signal: string): void { void signal }
        @sighandler('SIGUSR1') private dump(): void { void this.dump }
      }
      export const down: Disposable = sighandlers(new Server())
      export const staticOnes: Disposable = sighandlers(Server)`,
  },
]

const refused = [
  {
    title: 'an unknown signal',
    program: `export class A { @sighandler('SIGTREM') stop(): void {} }`,
    text: 'SIGTREM',
  },
  {
    title: 'a handler with other parameters',
    program: `export class A { @sighandler('SIGTERM') stop(n: { port: 1 }): void { void n } }`,
    text: 'a signal handler is a method that takes (signal: NodeJS.Signals, number: number)',
  },
  {
    title: 'a field as a handler',
    program: `export class A { @sighandler('SIGTERM') stop = 3 }`,
    text: 'a signal handler is a method',
  },
  { title: 'an item of another type', program: `void new Queue<number>().put('a')`, text: "'string'" },
  { title: 'an unknown limit', program: `void new Queue<number>().get({ timeuot: 5 })`, text: "'timeuot'" },
  { title: 'an unknown limit of a lock', program: `void new Lock().acquire({ timeuot: 5 })`, text: "'timeuot'" },
  { title: 'an unknown option of a pool', program: `new WorkerPool(3, { sufix: 'x' })`, text: "'sufix'" },
  { title: 'an unknown kind', program: `new WorkerPool(3, { kind: 'fiber' })`, text: `'"fiber"'` },
  { title: 'a SummoningPool without a maximum', program: `new SummoningPool(3)`, text: 'Expected 2-3 arguments' },
  { title: 'a value that is not a thread', program: `void waitForThreads([new Queue()])`, text: 'Queue' },
]

describe.each<Dialect>(['stage3', 'legacy'])('waiting and sharing (%s)', (dialect) => {
  const programs = [...accepted, ...refused].map(({ program }) => HEAD + program)
  let errors: string[][]

  beforeAll(() => {
    errors = compile(dialect, programs)
  }, 60_000)

  it.each(accepted.map((one, at) => [one.title, at] as const))('the compiler accepts %s', (_title, at) => {
    expect(errors[at]).toEqual([])
  })

  it.each(refused.map((one, at) => [one.title, one.text, accepted.length + at] as const))(
    'the compiler refuses %s',
    (_title, text, at) => {
      expect(errors[at]).toHaveLength(1)
      expect(errors[at]?.[0]).toContain(text)
    },
  )
})
