// The decorated classes of the suite in spec/suites. spec/legacy has the same text, because a worker compiles a file by the
// tsconfig.json next to it.
import {
  callbacks,
  deserialize,
  Future,
  isWorker,
  process,
  ProcessFuture,
  serializable,
  serialize,
  thread,
} from 'pebble-ts'
import * as asynchronous from 'pebble-ts/asynchronous'

const secretKey = Symbol('secret')

/** A user's decorator, for both dialects, that stands above or below ours and does not replace the function. */
export function tagged(tag: string): any {
  return (target: unknown, _key: unknown, descriptor?: PropertyDescriptor) => {
    const method = (descriptor?.value ?? target) as { tags?: string[] }
    method.tags = [...(method.tags ?? []), tag]
  }
}

/** A user's decorator that replaces the method by a function of its own. */
export function logged(log: string[]): any {
  return (target: unknown, _key: unknown, descriptor?: PropertyDescriptor) => {
    const original = (descriptor?.value ?? target) as (...args: unknown[]) => unknown
    const logging = {
      call(this: unknown, ...args: unknown[]) {
        log.push(`called with ${String(args)}`)
        return original.apply(this, args)
      },
    }.call
    if (!descriptor) return logging
    descriptor.value = logging
    return descriptor
  }
}

/** The output of `@logged`. */
export const log: string[] = []

export class Base {
  greeting = 'hello'

  @thread
  async inherited(name: string): Promise<string> {
    return `${this.greeting} ${name} from ${this.kind()}`
  }

  @thread
  async overridden(name: string): Promise<string> {
    return `base ${name}`
  }

  @thread
  static async inheritedStatic(): Promise<string> {
    return `${this.name} in ${isWorker() ? 'a worker' : 'the parent'}`
  }

  kind(): string {
    return 'Base'
  }
}

@serializable
export class Money {
  constructor(
    readonly amount: number,
    readonly currency: string,
  ) {}

  plus(other: Money): Money {
    return new Money(this.amount + other.amount, this.currency)
  }
}

@serializable
export class OutOfMoney extends Error {
  override name = 'OutOfMoney'

  constructor(readonly missing: Money) {
    super(`${missing.amount} ${missing.currency} are missing`)
  }
}

/** Decides itself what is sent. Its `this` in a worker has the private field. */
@serializable
export class Safe {
  #code: number

  constructor(code: number) {
    this.#code = code
  }

  static [deserialize](code: number): Safe {
    return new Safe(code)
  }

  [serialize](): number {
    return this.#code
  }

  opensWith(code: number): boolean {
    return this.#code === code
  }

  @thread
  async tries(code: number): Promise<boolean> {
    return this.#code === code
  }
}

export class Service extends Base {
  factor = 3

  constructor(factor = 3) {
    super()
    this.factor = factor
  }

  @thread
  async bare(n: number): Promise<number> {
    return n * this.factor
  }

  @thread()
  async called(n: number): Promise<number> {
    return n * this.factor
  }

  @thread({ timeout: 60_000, name: 'with options' })
  async withOptions(n: number, _unused = 1): Promise<number> {
    return n * this.factor
  }

  @process
  async bareProcess(n: number): Promise<number> {
    return n * this.factor
  }

  @process()
  calledProcess(): ProcessFuture<number> {
    return ProcessFuture.resolve(globalThis.process.pid)
  }

  @process({ timeout: 60_000 })
  async processWithOptions(): Promise<number> {
    return globalThis.process.pid
  }

  @asynchronous.thread
  async later(n: number): Promise<number> {
    return n
  }

  @thread
  future(n: number): Future<number> {
    return Future.resolve(n * this.factor)
  }

  @thread
  async where(): Promise<boolean> {
    return isWorker()
  }

  @thread
  static async bareStatic(n: number): Promise<string> {
    return `${this.name} ${n}`
  }

  @process({ timeout: 60_000 })
  static async staticProcess(n: number): Promise<string> {
    return `${this.name} ${n}`
  }

  @thread
  async [Symbol.for('spec.registered')](n: number): Promise<number> {
    return n + 1
  }

  @thread
  async [secretKey](n: number): Promise<number> {
    return n + 2
  }

  @thread
  async 'quoted name'(n: number): Promise<number> {
    return n + 3
  }

  @thread
  private async hidden(n: number): Promise<number> {
    return n + 4
  }

  callHidden(n: number): Promise<number> {
    return this.hidden(n)
  }

  callSecret(n: number): Promise<number> {
    return this[secretKey](n)
  }

  @thread
  override async overridden(name: string): Promise<string> {
    return `${await super.overridden(name)}, then service ${name}, ${isWorker() ? 'a worker' : 'the parent'}`
  }

  @thread
  async nested(n: number): Promise<number[]> {
    const call = this.bare(n)
    return [await call, await this.bareProcess(n + 1)]
  }

  override kind(): string {
    return 'Service'
  }

  @thread
  async *values(count: number): AsyncGenerator<number, string> {
    for (let n = 0; n < count; n++) yield n * this.factor
    return 'end'
  }

  @thread
  async fail(text: string): Promise<never> {
    throw new RangeError(text)
  }

  @process
  async add(a: Money, b: Money): Promise<Money> {
    return a.plus(b)
  }

  @thread
  async pay(money: Money): Promise<never> {
    throw new OutOfMoney(money)
  }

  @process
  async open(safe: Safe, code: number): Promise<[boolean, Safe]> {
    return [safe.opensWith(code), new Safe(code + 1)]
  }

  @tagged('above')
  @thread
  @tagged('below')
  async taggedAround(): Promise<string> {
    return 'tagged'
  }

  @logged(log)
  @thread
  async logged(n: number): Promise<number> {
    return n * this.factor
  }
}

export class Undecorated extends Service {
  override kind(): string {
    return 'Undecorated'
  }
}

/** Its methods assign callbacks from inside the class. */
export class Teller {
  heard: string[] = []

  constructor(readonly name: string) {}

  @thread({ callback: defaultCallback })
  async tell(text: string): Promise<string> {
    return `${text}!`
  }

  @thread
  async fail(text: string): Promise<never> {
    throw new Error(text)
  }

  listen(): void {
    callbacks(this, this.tell).callback = this.hear
    callbacks(this, this.fail).errorCallback = this.hearError
  }

  hear(id: string, text: string): void {
    this.heard.push(`${this.name} heard ${text} of ${id.length}`)
  }

  hearError(_id: string, error: Error): void {
    this.heard.push(`${this.name} heard ${error.message}`)
  }
}

export class ChildTeller extends Teller {}

export const defaults: string[] = []

export function defaultCallback(this: Teller, _id: string, text: string): void {
  defaults.push(`${this.name} by default ${text}`)
}

export const add = thread(async (a: number, b: number) => a + b)
export const addInProcess = process(addNumbers, { timeout: 60_000 })
export const streamed = thread(countUpTo)

export function addNumbers(a: number, b: number): number {
  return a + b
}

export async function* countUpTo(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) yield n
}
