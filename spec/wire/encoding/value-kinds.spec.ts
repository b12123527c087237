import { createSecretKey } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { createContext, runInContext, runInThisContext } from 'node:vm'
import { MessageChannel } from 'node:worker_threads'
import { kindOf } from '../../../src/wire/encoding/value-kinds'

const tableOf = (rows: ReadonlyArray<readonly [value: object, how: string, name: string]>): string[] =>
  rows.map(([value]) => `${kindOf(value).encoding} ${kindOf(value).name}`)

function expectKinds(rows: ReadonlyArray<readonly [value: object, how: string, name: string]>): void {
  expect(tableOf(rows)).toEqual(rows.map(([, how, name]) => `${how} ${name}`))
}

/** Whether Node.js can move a socket to a thread: since version 24. */
const MOVES_SOCKETS = Number(process.versions.node.split('.')[0]) >= 24

describe('the kind of an object', () => {
  test('is known for classes of Node.js', async () => {
    class Bus extends EventEmitter {}
    Object.defineProperty(Bus.prototype, 'on', { get: () => 1 })
    const { port1 } = new MessageChannel()
    const file = await open(__filename)
    const timer = setTimeout(() => {}, 1)
    clearTimeout(timer)
    expectKinds([
      [new AbortController().signal, 'signal', 'AbortSignal'],
      [new AbortController(), 'controller', 'AbortController'],
      [new URL('http://host/'), 'url', 'URL'],
      [new URLSearchParams(), 'query', 'URLSearchParams'],
      [new DOMException('x'), 'error', 'DOMException'],
      [port1, 'movable', 'MessagePort'],
      [file, 'movable', 'FileHandle'],
      [new ReadableStream(), 'movable', 'ReadableStream'],
      [new Blob([]), 'live', 'Blob'],
      [createSecretKey(Buffer.from('x')), 'live', 'SecretKeyObject'],
      [new EventTarget(), 'handle', 'EventTarget'],
      [new EventEmitter(), 'handle', 'EventEmitter'],
      [Object.create(Bus.prototype) as object, 'handle', 'Bus'],
      [new Headers(), 'handle', 'Headers'],
      [new PerformanceObserver(() => {}), 'handle', 'PerformanceObserver'],
      [performance.mark('x'), 'handle', 'PerformanceMark'],
      [new File([], 'x'), 'file', 'File'],
      [new (class Upload extends File {})([], 'x'), 'file', 'Upload'],
      [new TextDecoder(), 'handle', 'TextDecoder'],
      [new Socket(), MOVES_SOCKETS ? 'resource' : 'handle', 'Socket'],
      [timer, 'handle', 'Timeout'],
      [Buffer.from('x'), 'view', 'Buffer'],
    ])
    port1.close()
    await file.close()
  })

  test('is known for classes of the language', () => {
    expectKinds([
      [[], 'array', 'Array'],
      [new (class List extends Array {})(), 'array', 'Array'],
      [Object.setPrototypeOf([], null) as object, 'array', 'Array'],
      [new Map(), 'map', 'Map'],
      [new Set(), 'set', 'Set'],
      [new Date(), 'leaf', 'Date'],
      [/x/, 'leaf', 'RegExp'],
      [Object(1) as object, 'leaf', 'Number'],
      [Object('x') as object, 'leaf', 'String'],
      [Object(true) as object, 'leaf', 'Boolean'],
      [Object(1n) as object, 'leaf', 'BigInt'],
      [Object(Symbol('x')) as object, 'symbol', 'Symbol'],
      [new ArrayBuffer(1), 'leaf', 'ArrayBuffer'],
      [new SharedArrayBuffer(1), 'shared', 'SharedArrayBuffer'],
      [new DataView(new ArrayBuffer(1)), 'view', 'DataView'],
      [new Uint8ClampedArray(1), 'view', 'Uint8ClampedArray'],
      [new Int32Array(1), 'view', 'Int32Array'],
      [new Float64Array(1), 'view', 'Float64Array'],
      [new BigInt64Array(1), 'view', 'BigInt64Array'],
      [new BigUint64Array(1), 'view', 'BigUint64Array'],
      [new TypeError('x'), 'error', 'TypeError'],
      [new (class HttpError extends Error {})('x'), 'error', 'HttpError'],
      [Promise.resolve(), 'promise', 'Promise'],
      [new WeakMap(), 'weak', 'WeakMap'],
      [new WeakSet(), 'weak', 'WeakSet'],
      [new WeakRef({}), 'weak', 'WeakRef'],
      [new FinalizationRegistry(() => {}), 'weak', 'FinalizationRegistry'],
      [[][Symbol.iterator](), 'iterator', 'Array Iterator'],
      [new Map().entries(), 'iterator', 'Map Iterator'],
      [(function* () {})(), 'iterator', 'Generator'],
      [(async function* () {})(), 'iterator', 'AsyncGenerator'],
      [new Intl.NumberFormat(), 'handle', 'NumberFormat'],
      [runInThisContext('new WebAssembly.Memory({ initial: 0 })') as object, 'live', 'Memory'],
      [runInThisContext('new WebAssembly.Table({ initial: 0, element: "anyfunc" })') as object, 'handle', 'Table'],
    ])
  })

  test('is the same for classes of another realm', () => {
    const realm = createContext({})
    const far = (code: string): object => runInContext(code, realm) as object
    expectKinds([
      [far('({})'), 'plain', 'Object'],
      [far('[]'), 'array', 'Array'],
      [far('new Map()'), 'map', 'Map'],
      [far('new Uint8Array(1)'), 'view', 'Uint8Array'],
      [far('new RangeError("x")'), 'error', 'RangeError'],
      [far('new (class Far {})()'), 'data', 'Far'],
      [runInThisContext('({})') as object, 'plain', 'Object'],
    ])
  })

  test('is plain for literals, and for objects that inherit from literals', () => {
    for (const value of [{}, Object.create(null), Object.create({ a: 1 }), Object.create(Object.create(null))])
      expect(kindOf(value as object)).toEqual({ encoding: 'plain', name: 'Object' })
    expect(kindOf(Object.create({ constructor: 5 }) as object).encoding).toBe('plain')
    expect(kindOf(Object.create({ [Symbol.toStringTag]: 'Iterators' }) as object).encoding).toBe('plain')
  })

  test('is data for instances, with the closest class name', () => {
    class Point {}
    class Odd {}
    Object.defineProperty(Odd, 'name', { value: 5 })
    const tagged = (tag: unknown): object => {
      const cls = class {}
      Object.defineProperty(cls, 'name', { value: '' })
      Object.defineProperty(cls.prototype, Symbol.toStringTag, { value: tag })
      return new cls()
    }
    const Rootless = (() => class {})()
    Object.setPrototypeOf(Rootless.prototype, null)
    expectKinds([
      [new Point(), 'data', 'Point'],
      [new (class Pixel extends Point {})(), 'data', 'Pixel'],
      [Object.create(new Point()) as object, 'data', 'Point'],
      [new Odd(), 'data', 'Object'],
      [tagged('Tagged'), 'data', 'Tagged'],
      [tagged(5), 'data', 'Object'],
      [new Rootless(), 'data', 'Object'],
    ])
  })

  test('is a handle for objects that have all methods of a handle', () => {
    class Emitter { on() {} emit() {} removeListener() {} } // prettier-ignore
    class Timer { ref() {} unref() {} hasRef() {} } // prettier-ignore
    class Lamp { on() {} } // prettier-ignore
    class Refs { ref() {} unref() {} } // prettier-ignore
    class Log { get on() { return 1 } emit() {} removeListener() {} } // prettier-ignore
    expectKinds([
      [new Emitter(), 'handle', 'Emitter'],
      [new Timer(), 'handle', 'Timer'],
      [new Lamp(), 'data', 'Lamp'],
      [new Refs(), 'data', 'Refs'],
      [new Log(), 'data', 'Log'],
    ])
  })

  test('is found by the symbols of Node.js: what moves and emits is a resource', () => {
    const marked = (cls: { prototype: object }, ...marks: string[]): object => {
      for (const mark of marks) Object.defineProperty(cls.prototype, Symbol(mark), { value: () => {} })
      return Object.create(cls.prototype) as object
    }
    expectKinds([
      [marked(class Copy {}, 'messaging_clone_symbol'), 'live', 'Copy'],
      [marked(class Move {}, 'messaging_transfer_symbol'), 'movable', 'Move'],
      [marked(class Both {}, 'messaging_transfer_symbol', 'messaging_clone_symbol'), 'live', 'Both'],
      [marked(class Other {}, 'other'), 'data', 'Other'],
      [marked(class Pipe extends EventEmitter {}, 'messaging_transfer_symbol'), 'resource', 'Pipe'],
      [marked(class Hub extends EventEmitter {}, 'messaging_clone_symbol'), 'live', 'Hub'],
    ])
  })

  test('is a proxy, also if a prototype is one; its traps are not called', () => {
    const trap = (): never => {
      throw new Error('called')
    }
    const proxy = new Proxy({}, { get: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap, ownKeys: trap })
    const below = Object.create(Object.create(proxy) as object) as object
    for (const value of [proxy, Object.create(proxy), below, Object.create(new Proxy({}, {}))])
      expect(kindOf(value as object)).toEqual({ encoding: 'proxy', name: 'Proxy' })
  })

  test('is determined once for each class', () => {
    class Point {}
    expect(kindOf(new Point())).toBe(kindOf(new Point()))
  })
})
