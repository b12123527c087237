// The synchronized classes of the suite in spec/suites. spec/legacy has the same text.
import { appendFileSync } from 'node:fs'
import { isWorker, Lock, process, RLock, Semaphore, synchronized, thread } from 'pebble-ts'
import { passGate } from '../fixtures/gates'

export const lock = new Lock()
export const rlock = new RLock()
export const semaphore = new Semaphore(1)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A user's decorator that marks the function it decorates. */
export function marked(mark: string): any {
  return (target: unknown, _key: unknown, descriptor?: PropertyDescriptor) => {
    const method = (descriptor?.value ?? target) as { marks?: string[] }
    method.marks = [...(method.marks ?? []), mark]
  }
}

/** Records which calls run, and whether any of them overlap. */
export class Steps {
  static log: string[] = []
  static inside = 0
  static most = 0

  static async step(name: string): Promise<string> {
    Steps.most = Math.max(Steps.most, (Steps.inside += 1))
    Steps.log.push(name)
    await turn()
    Steps.inside -= 1
    return name
  }
}

export class Plain {
  prefix = 'plain'

  /** A docstring. */
  @marked('below')
  @synchronized
  @marked('under')
  async bare(name: string, _unused = 1): Promise<string> {
    return Steps.step(`${this.prefix} ${name}`)
  }

  @synchronized()
  async called(name: string): Promise<string> {
    return Steps.step(`${this.prefix} ${name}`)
  }

  @synchronized
  static async bareStatic(name: string): Promise<string> {
    return Steps.step(`${this.name} ${name}`)
  }

  @synchronized(lock)
  async withLock(name: string): Promise<string> {
    return Steps.step(`${this.prefix} ${name}`)
  }

  @synchronized(lock)
  static async withLockStatic(name: string): Promise<string> {
    return Steps.step(`${this.name} ${name}`)
  }

  @synchronized(semaphore)
  async withSemaphore(): Promise<boolean> {
    return semaphore.locked
  }

  @synchronized
  async isLocked(): Promise<boolean> {
    return synchronized.lock.locked
  }

  @synchronized(lock)
  async fail(message: string): Promise<never> {
    throw new RangeError(message)
  }

  @synchronized(lock)
  failAtOnce(message: string): Promise<never> {
    throw new RangeError(message)
  }

  @synchronized(rlock)
  async outer(): Promise<string> {
    return `outer ${await this.inner()}`
  }

  @synchronized(rlock)
  async inner(): Promise<string> {
    return Steps.step('inner')
  }

  @synchronized
  async twice(): Promise<unknown> {
    return Promise.race([this.isLocked(), turn()])
  }

  @synchronized(lock)
  async *values(count: number): AsyncGenerator<number> {
    for (let n = 0; n < count; n++) {
      await turn()
      yield n
    }
  }

  @synchronized(rlock)
  async *reentered(): AsyncGenerator<string> {
    yield await this.inner()
    yield await this.inner()
  }
}

export class Derived extends Plain {
  override prefix = 'derived'

  @synchronized(rlock)
  override async inner(): Promise<string> {
    return `derived ${await super.inner()}`
  }
}

/** The holder of a lock: a call, and the thread that it runs in. */
const where = (held: Lock): string => `${isWorker() ? 'worker' : 'parent'} ${held.locked ? 'holds' : 'holds not'}`

/** Methods with both decorators, in either order. */
export class Sided {
  gate = ''

  @thread
  @synchronized(lock)
  async threadAbove(): Promise<string> {
    return where(lock)
  }

  @synchronized(lock)
  @thread
  async threadBelow(): Promise<string> {
    return where(lock)
  }

  @process
  @synchronized(lock)
  async processAbove(): Promise<string> {
    return where(lock)
  }

  @synchronized(lock)
  @process
  async processBelow(): Promise<string> {
    return where(lock)
  }

  @thread
  @synchronized(lock)
  static async threadAboveStatic(): Promise<string> {
    return where(lock)
  }

  @synchronized(lock)
  @thread
  static async threadBelowStatic(): Promise<string> {
    return where(lock)
  }

  @synchronized(lock)
  @thread
  async inherited(): Promise<string> {
    return `base of ${this.constructor.name}`
  }

  @process
  @synchronized(lock)
  async passAbove(): Promise<string> {
    await passGate(this.gate)
    return 'passed'
  }

  @synchronized(lock)
  @process
  async passBelow(): Promise<string> {
    await passGate(this.gate)
    return 'passed'
  }

  @thread
  @synchronized
  async append(path: string, name: string): Promise<void> {
    await appendTwice(path, name)
  }

  @synchronized
  @process
  async appendInProcess(path: string, name: string): Promise<void> {
    await appendTwice(path, name)
  }

  @synchronized
  async appendHere(path: string, name: string): Promise<void> {
    await appendTwice(path, name)
  }

  @thread
  @synchronized(rlock)
  async again(): Promise<string> {
    return `again ${await this.innerThread()}`
  }

  @thread
  @synchronized(rlock)
  async innerThread(): Promise<string> {
    return 'inner'
  }

  @thread
  @synchronized(lock)
  async *streamAbove(count: number): AsyncGenerator<string> {
    for (let n = 0; n < count; n++) yield where(lock)
  }

  @synchronized(lock)
  @thread
  async *streamBelow(count: number): AsyncGenerator<string> {
    for (let n = 0; n < count; n++) yield where(lock)
  }
}

export class SidedChild extends Sided {
  override async inherited(): Promise<string> {
    return `child, ${await super.inherited()}`
  }
}

/** A subclass with the same name, so that the name alone does not identify the class. */
export class Overriding extends Sided {
  @synchronized(rlock)
  @thread
  override async threadBelow(): Promise<string> {
    return `overriding, ${isWorker() ? 'worker' : 'parent'}`
  }
}

export class Undecorated extends Sided {}

async function appendTwice(path: string, name: string): Promise<void> {
  appendFileSync(path, `${name} begins\n`)
  await turn()
  appendFileSync(path, `${name} ends\n`)
}

export const alone = synchronized((n: number) => Steps.step(`alone ${n}`))
export const aloneWith = synchronized(lock)(async (n: number) => Steps.step(`alone with ${n}`))
export const given = synchronized(async (n: number) => Steps.step(`given ${n}`), lock)
export const inThread = synchronized(
  thread(async () => where(lock)),
  lock,
)
export const threadOver = thread(synchronized(async () => where(lock), lock))
