import { compile, type Dialect } from './compile'

interface Case {
  readonly title: string
  readonly program: string
  /** The compiler's error: one for both dialects, or one for each. */
  readonly errors: string[] | Record<Dialect, string[]>
}

const NOT_NODE =
  "NotNodesProcess<\"✗ `process` is the decorator of pebble-ts here. Import Node's by another name: `import nodeProcess from 'node:process'`\">"
const ONLY_METHODS = '"✗ only methods can be decorated"'

const accepted: Case[] = [
  {
    title: 'methods that return promises, futures or any, however they are named',
    program: `
      const local = Symbol('local')
      export class Foo {
        @thread async promise(n: number): Promise<number> { return n }
        @thread() like(): PromiseLike<string> { return Promise.resolve('') }
        @thread({ timeout: 5 }) future(): Future<number> { return Future.resolve(3) }
        @process processFuture(): ProcessFuture<number> { return ProcessFuture.resolve(3) }
        @thread inferred() { return Promise.resolve(3) }
        @thread any(): any { return 3 }
        @thread async [Symbol.iterator]() {}
        @thread async [local]() {}
        @process async 'quoted name'() {}
        @process async 42() {}
        @process() static async static() {}
        @thread private async private() { return this.private }
        @thread protected async protected() {}
        @thread async generic<T>(this: Foo, values: T[]): Promise<T | undefined> { return values[0] }
        overloaded(n: number): Promise<number>
        overloaded(s: string): Promise<string>
        @thread async overloaded(value: any): Promise<any> { return value }
      }
      export abstract class Bar<T> {
        abstract value: T
        @thread async read(): Promise<T> { return this.value }
      }`,
    errors: [],
  },
  {
    title: 'async generators',
    program: `
      export class Foo {
        @thread async *values(n: number) { yield n }
        @process() async *strings(): AsyncGenerator<string, number, boolean> { yield ''; return 3 }
        @process() async *iterable(): AsyncIterable<string> { yield '' }
      }`,
    errors: [],
  },
  {
    title: 'options, also as variables',
    program: `
      const options: ThreadOptions = { timeout: 5, queueTimeout: 5, grace: 1, name: 'x', daemon: false, memoize: true }
      const context: ProcessContext = { env: { A: '1', B: undefined }, cwd: '/', execArgv: [], resourceLimits: {} }
      export class Foo {
        @thread(options) async a() {}
        @thread({ memoize: { maxSize: 3, ttl: 5, key: (n: number) => n } }) async b(n: number) { return n }
        @thread({ state: ['x', 'y'], module: __filename }) async c() {}
        @process({ context, state: 'none', pool: 'reports' }) async d() {}
        @thread({ callback: (id, n) => n + id, errorCallback: (id, error) => error.message }) async e() {}
      }`,
    errors: [],
  },
  {
    title: 'function wrappers, typed by the function',
    program: `
      export const add = thread((a: number, b: number) => a + b)
      export const sum: Future<number> = add(1, 2)
      add.callback = (id, n) => n.toFixed(id.length)
      export const hash = process(async (path: string) => path.length, { timeout: 5_000 })
      export const length: ProcessFuture<number> = hash('x')
      export const values = thread(async function* (n: number) { yield n })
      export async function read() { for await (const n of values(3)) n.toFixed() }`,
    errors: [],
  },
  {
    title: 'wrapped function expressions, with and without options',
    program: `
      declare const options: ThreadOptions
      export const a: () => Future<void> = thread(function () {})
      export const b: (n: number) => Future<string> = thread(function named(n: number) { return String(n) }, options)
      export const c: () => Future<string> = thread(async function () { return '' }, { timeout: 5, name: 'x' })
      export const d: (n: number) => AsyncGenerator<number, string> =
        thread(async function* (n: number) { yield n; return '' }, { timeout: 5 })
      export const e: () => AsyncGenerator<number> = process(async function* () { yield 1 }, { context: { cwd: '/' } })
      export const f: (n: number) => ProcessFuture<number> = process(function (this: void, n: number) { return n }, {})
      export const g: () => Future<number> = thread(() => Math.random(), { callback: (id, n) => [id.length, n] })
      export const h: () => Future<number> = thread(function () { return Math.random() }, { errorCallback: (id, error) => error.message })
      export const i: (n: number) => Future<unknown> = thread(function <T>(value: T) { return value }, { timeout: 5 })
      export const j: () => Future<number> = late.thread(function () { return Math.random() }, { timeout: 5 })
      export const k: () => AsyncGenerator<number> = late.process(async function* () { yield 1 }, { timeout: 5 })
      export const either: typeof thread = process as never as typeof process`,
    errors: [],
  },
  {
    title: 'callbacks, typed by the method',
    program: `
      export class Foo {
        @thread async render(n: number): Promise<string> { return String(n) }
        @thread private async secret(): Promise<string> { return '' }
        @thread static async make(): Promise<Date> { return new Date() }
        constructor() {
          callbacks(this, this.render).callback = this.rendered
          callbacks(this, this.secret).callback = (id, text) => text.toUpperCase()
        }
        rendered(id: string, text: string) {}
      }
      callbacks(new Foo(), 'render').callback = (id, text) => text.toUpperCase()
      callbacks(Foo, 'render').errorCallback = (id, error) => error.message
      callbacks(Foo, 'make').callback = (id, date) => date.getTime()`,
    errors: [],
  },
  {
    title: 'the cast that applyDecorators of Nest needs',
    program: `
      declare function applyDecorators(...decorators: Array<ClassDecorator | MethodDecorator | PropertyDecorator>): void
      applyDecorators(thread() as MethodDecorator, process({ timeout: 5 }) as MethodDecorator)`,
    errors: [],
  },
]

const refused: Case[] = [
  {
    title: 'a method that is not asynchronous',
    program: `export class Foo { @thread doJob(n: number): number { return n } }`,
    errors: notAsync('(n: number) => number', 'thread', 'Future'),
  },
  {
    title: 'a method that is not asynchronous, with options',
    program: `export class Foo { @process({ timeout: 5 }) doJob(n: number): number { return n } }`,
    errors: notAsync('(n: number) => number', 'process', 'ProcessFuture'),
  },
  {
    title: 'a method that is only sometimes asynchronous',
    program: `export class Foo { @thread() doJob(): number | Promise<number> { return 3 } }`,
    errors: notAsync('() => number | Promise<number>', 'thread', 'Future'),
  },
  {
    title: 'a generator',
    program: `export class Foo { @thread *doJob(): Generator<number> { yield 3 } }`,
    errors: refusedFor(
      '() => Generator<number, any, any>',
      '"✗ the values of a generator would have to wait for a worker: make it an `async *` method"',
    ),
  },
  {
    title: 'a getter',
    program: `export class Foo { @thread get size(): Promise<number> { return Promise.resolve(3) } }`,
    errors: {
      stage3: [stage3Member('TS1241', 'method', 'ClassGetterDecoratorContext<Foo, Promise<number>>', 'size')],
      legacy: [legacyAccessor('Promise<number>')],
    },
  },
  {
    title: 'a setter',
    program: `export class Foo { @thread set size(n: number) {} }`,
    errors: {
      stage3: [stage3Member('TS1241', 'method', 'ClassSetterDecoratorContext<Foo, number>', 'size')],
      legacy: [legacyAccessor('number')],
    },
  },
  {
    title: 'a field',
    program: `export class Foo { @thread size = async () => 3 }`,
    errors: {
      stage3: [stage3Member('TS1240', 'property', 'ClassFieldDecoratorContext<Foo, () => Promise<number>>', 'size')],
      legacy: [`${unresolved('TS1240', 'property')}  Argument of type '"size"' ${notAssignable(ONLY_METHODS)}`],
    },
  },
  {
    title: 'a class',
    program: `@thread export class Foo {}`,
    errors: {
      stage3: [
        `${unresolved('TS1238', 'class')}  Argument of type 'ClassDecoratorContext<typeof Foo>' ${notAssignable(ONLY_METHODS)}`,
      ],
      legacy: [`${unresolved('TS1238', 'class')}  Argument of type 'typeof Foo' ${notAssignable(ONLY_METHODS)}`],
    },
  },
  {
    title: 'a #private method',
    program: `export class Foo { @thread async #secret() {} }`,
    errors: {
      stage3: [
        `${unresolved('TS1241', 'method')}  Argument of type 'ClassMethodDecoratorContext<Foo, () => Promise<void>> & { name: "#secret"; ` +
          `private: true; static: false; }' ${notAssignable('"✗ a worker cannot find a #private method: make it a `private` method" | undefined')}`,
      ],
      legacy: ['TS1206 line 2: Decorators are not valid here.'],
    },
  },
  {
    title: 'a misspelt option',
    program: `export class Foo { @thread({ tiemout: 5 }) async doJob() {} }`,
    errors: [unknownOption('tiemout', 'ThreadOptions', 'timeout')],
  },
  {
    title: 'a misspelt option of a function wrapper',
    program: `export const f = process(() => 3, { quueTimeout: 5 })`,
    errors: [unknownOption('quueTimeout', 'ProcessOptions', 'queueTimeout')],
  },
  {
    title: 'a misspelt option of a wrapped function expression',
    program: `export const f = process(function () {}, { quueTimeout: 5 })`,
    errors: [unknownOption('quueTimeout', 'ProcessOptions', 'queueTimeout')],
  },
  {
    title: 'an option that only processes have',
    program: `export const f = thread({ context: {} })`,
    errors: [
      "TS2353 line 2: Object literal may only specify known properties, and 'context' does not exist in type 'ThreadOptions'.",
    ],
  },
  {
    title: 'an option of the wrong type',
    program: `export class Foo { @thread({ timeout: '5s' }) async doJob() {} }`,
    errors: ["TS2322 line 2: Type 'string' is not assignable to type 'number'."],
  },
  {
    title: 'arguments that the wrapped function does not take',
    program: `thread((n: number) => n)('x')`,
    errors: ["TS2345 line 2: Argument of type 'string' is not assignable to parameter of type 'number'."],
  },
  {
    title: 'a class in place of a function',
    program: `thread(class {})`,
    errors: [`TS2345 line 2: Argument of type 'typeof (Anonymous class)' ${notAssignable(ONLY_METHODS)}`],
  },
  {
    title: 'members of Node’s `process` on the decorator',
    program: `
      export const port = process.env.PORT
      process.exit(1)
      process.exitCode = 1
      export const [, , file] = process.argv`,
    errors: [
      `TS2339 line 3: Property 'PORT' does not exist on type '${NOT_NODE}'.`,
      `TS2349 line 4: This expression is not callable.\n  Type '${NOT_NODE}' has no call signatures.`,
      `TS2322 line 5: Type 'number' is not assignable to type '${NOT_NODE}'.`,
      `TS2488 line 6: Type '${NOT_NODE}' must have a '[Symbol.iterator]()' method that returns an iterator.`,
    ],
  },
  {
    title: 'callbacks of a method that is not asynchronous, and callbacks for another result',
    program: `
      export class Foo { @thread async render(): Promise<string> { return '' } other() {} }
      callbacks(new Foo(), 'other')
      callbacks(new Foo(), 'render').callback = (id, size: number) => size
      callbacks(new Foo(), 'render').callbak = () => 3`,
    errors: [
      `TS2345 line 4: Argument of type '"other"' ${notAssignable('"render" | AsyncMethod')}`,
      "TS2322 line 5: Type '(id: string, size: number) => number' is not assignable to type 'Callback<string>'.\n" +
        "  Types of parameters 'size' and 'result' are incompatible.\n    Type 'string' is not assignable to type 'number'.",
      "TS2551 line 6: Property 'callbak' does not exist on type 'AssignableCallbacks<string>'. Did you mean 'callback'?",
    ],
  },
]

describe.each<Dialect>(['stage3', 'legacy'])('under %s decorators', (dialect) => {
  const cases = [...accepted, ...refused]
  const imports =
    `import { callbacks, Future, process, ProcessFuture, thread, type ProcessContext, type ThreadOptions } from 'pebble-ts'; ` +
    `import * as late from 'pebble-ts/asynchronous'\n`
  let errors: string[][]

  beforeAll(() => {
    errors = compile(
      dialect,
      cases.map(({ program }) => imports + program),
    )
  })

  it.each(accepted)('the compiler accepts $title', (accepted) => {
    expect(errors[cases.indexOf(accepted)]).toEqual([])
  })

  it.each(refused)('the compiler refuses $title', (refused) => {
    expect(errors[cases.indexOf(refused)]).toEqual(
      Array.isArray(refused.errors) ? refused.errors : refused.errors[dialect],
    )
  })
})

function notAsync(type: string, worker: string, future: string): Record<Dialect, string[]> {
  return refusedFor(
    type,
    `"✗ this method runs in another ${worker}: declare its return type as Promise<T> or ${future}<T>"`,
  )
}

function refusedFor(type: string, sentence: string): Record<Dialect, string[]> {
  const text = (given: string, shown: string): string =>
    `${unresolved('TS1241', 'method')}  Argument of type '${given}' ${notAssignable(`${shown} & ${sentence}`)}\n` +
    `    Type '${given}' is not assignable to type '${sentence}'.`
  const descriptor = `TypedPropertyDescriptor<${type}>`
  return { stage3: [text(type, `(${type})`)], legacy: [text(descriptor, descriptor)] }
}

function stage3Member(code: string, kind: string, context: string, name: string): string {
  const given = `${context} & { name: "${name}"; private: false; static: false; }`
  return `${unresolved(code, kind)}  Argument of type '${given}' ${notAssignable(`${ONLY_METHODS} | undefined`)}`
}

function legacyAccessor(type: string): string {
  const descriptor = `TypedPropertyDescriptor<${type}>`
  return (
    `${unresolved('TS1241', 'method')}  Argument of type '${descriptor}' ${notAssignable(`${descriptor} & ${ONLY_METHODS}`)}\n` +
    `    Type '${descriptor}' is not assignable to type '${ONLY_METHODS}'.`
  )
}

function unknownOption(name: string, type: string, near: string): string {
  return `TS2561 line 2: Object literal may only specify known properties, but '${name}' does not exist in type '${type}'. Did you mean to write '${near}'?`
}

function unresolved(code: string, kind: string): string {
  return `${code} line 2: Unable to resolve signature of ${kind} decorator when called as an expression.\n`
}

function notAssignable(type: string): string {
  return `is not assignable to parameter of type '${type}'.`
}
