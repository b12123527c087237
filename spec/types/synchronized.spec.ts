import { compile, type Dialect } from './compile'

const HEAD = `import { Lock, RLock, Semaphore, process, synchronized, thread, type Future, type Release } from 'pebble-ts'\n`

const accepted = [
  {
    title: 'methods that return promises, bare, called and with each lock',
    program: `
      const [lock, rlock, semaphore] = [new Lock(), new RLock(), new Semaphore(2)]
      export class Foo {
        @synchronized async bare(n: number): Promise<number> { return n }
        @synchronized() async called() {}
        @synchronized(lock) async a() {}
        @synchronized(rlock) static async b() {}
        @synchronized(semaphore) private async c() { return this.c }
        @synchronized(lock) @thread async above(): Promise<number> { return 3 }
        @process @synchronized(lock) async below(): Promise<number> { return 3 }
        @synchronized(lock) async *values(n: number): AsyncGenerator<number> { yield n }
        @synchronized any(): any { return 3 }
      }`,
  },
  {
    title: 'function wrappers, typed by the function',
    program: `
      const lock = new Lock()
      export const add = synchronized((a: number, b: number) => a + b)
      export const sum: Promise<number> = add(1, 2)
      export const text: Promise<string> = synchronized(lock)(async (n: number) => String(n))(3)
      export const other: Promise<string> = synchronized(async (n: number) => String(n), lock)(3)
      export const held: boolean = synchronized.lock.locked`,
  },
  {
    title: 'locks, and the result of acquire()',
    program: `
      export async function use(lock: Lock | RLock | Semaphore, signal: AbortSignal): Promise<number> {
        const release: Release = await lock.acquire({ timeout: 5, signal })
        release()
        using held = await lock.acquire()
        const disposable: Disposable = held
        void disposable
        return lock.runExclusive(async () => 3, { timeout: 5 })
      }`,
  },
]

const refused = [
  {
    title: 'a method that is not asynchronous',
    program: `export class Foo { @synchronized doJob(n: number): number { return n } }`,
    sentence: '✗ this method waits for its turn: declare its return type as Promise<T>',
  },
  {
    title: 'a method that is not asynchronous, with a lock',
    program: `export class Foo { @synchronized(new Lock()) doJob(n: number): number { return n } }`,
    sentence: '✗ this method waits for its turn: declare its return type as Promise<T>',
  },
  {
    title: 'a field',
    program: `export class Foo { @synchronized field = 3 }`,
    sentence: '✗ only methods can be decorated',
  },
  {
    title: 'a value that is not a lock',
    program: `synchronized(5)`,
    sentence: "Argument of type '5' is not assignable",
  },
  { title: 'a semaphore without permits', program: `new Semaphore()`, sentence: 'Expected 1 arguments' },
]

describe.each<Dialect>(['stage3', 'legacy'])('@synchronized (%s)', (dialect) => {
  const cases = [...accepted, ...refused]
  let errors: string[][]

  beforeAll(() => {
    errors = compile(
      dialect,
      cases.map(({ program }) => HEAD + program),
    )
  }, 60_000)

  it.each(accepted)('the compiler accepts $title', (one) => {
    expect(errors[cases.indexOf(one as never)]).toEqual([])
  })

  it.each(refused)('the compiler refuses $title', (one) => {
    const said = errors[cases.indexOf(one)]
    expect(said).toHaveLength(1)
    expect(said?.[0]).toContain(one.sentence)
  })
})
