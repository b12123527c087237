import { EventEmitter } from 'node:events'
import * as net from 'node:net'
import { PassThrough } from 'node:stream'
import { clearTimeout, setTimeout } from 'node:timers'
import { runInThisContext } from 'node:vm'
import { SerializationError } from '../../../src/errors'
import { pack, packArgs, type PackContext } from '../../../src/wire/values'
import { thrownBy } from '../support'

const toProcess: PackContext = { root: 'args', kind: 'process' }
const toThread: PackContext = { root: 'args', kind: 'thread' }
const many = Array.from({ length: 1000 }, (_, i) => i)

const refusal = (args: unknown[], context: PackContext = toProcess): SerializationError => {
  const error = thrownBy(() => packArgs(args, context)) as SerializationError
  expect(error).toBeInstanceOf(SerializationError)
  expect(error.code).toBe('ERR_PEBBLE_SERIALIZATION')
  return error
}

describe('a value that cannot be sent', () => {
  it('is reported with its path, what it is, and what to do', () => {
    const error = refusal([{ socket: new net.Socket() }])
    expect(error.path).toBe('args[0].socket')
    expect(error.message).toBe(
      'Cannot send `args[0].socket` to a worker: a Socket cannot be cloned. ' +
        'Send what it takes to make one there (an address, a path, an id).',
    )
  })

  it('is found in large values', () => {
    expect(refusal([many, { list: [...many, { socket: new net.Socket() }] }]).path).toBe('args[1].list[1000].socket')
  })

  it.each<[string, unknown, string]>([
    [
      'a function',
      () => 1,
      'a function cannot be cloned. Send data instead; the worker can import the functions it needs.',
    ],
    ['a symbol', Symbol('s'), 'a symbol cannot be cloned. Send a string.'],
    ['a boxed symbol', Object(Symbol('s')), 'a Symbol cannot be cloned. Send a string.'],
    ['a promise', Promise.resolve(), 'a Promise cannot be cloned. Await it first, and send what it resolves to.'],
    ['a WeakMap', new WeakMap(), 'a WeakMap cannot be cloned. Send a Map, a Set or an array.'],
    ['a WeakRef', new WeakRef({}), 'a WeakRef cannot be cloned. Send a Map, a Set or an array.'],
    ['a generator', (function* () {})(), 'a Generator cannot be cloned. Send its values, as an array.'],
    ['an iterator', [1][Symbol.iterator](), 'an Array Iterator cannot be cloned. Send its values, as an array.'],
    ['an AbortController', new AbortController(), 'an AbortController cannot be cloned. Send its `signal`.'],
    ['a proxy', new Proxy({}, {}), 'a Proxy cannot be cloned. Send a copy of what it stands for.'],
    ['a signal', new AbortController().signal, 'an AbortSignal cannot be cloned. Pass it as an argument of the call.'],
    [
      'shared memory',
      new SharedArrayBuffer(1),
      'a SharedArrayBuffer can be sent to threads, not to processes. Use a thread, or send what is in it.',
    ],
    [
      'a view of it',
      new Int8Array(new SharedArrayBuffer(1)),
      'an Int8Array on shared memory can be sent to threads, not to processes. Use a thread, or send what is in it.',
    ],
    [
      'a Blob',
      new Blob(['x']),
      'a Blob can be sent to threads, not to processes. Use a thread, or send what is in it.',
    ],
  ])('is reported with what to do about %s', (_, value, text) => {
    expect(refusal([{ a: [value] }]).message).toBe(`Cannot send \`args[0].a[0]\` to a worker: ${text}`)
  })

  it.each<[string, () => unknown]>([
    ['EventEmitter', () => new EventEmitter()],
    ['Bus', () => new (class Bus extends EventEmitter {})()],
    ['PassThrough', () => new PassThrough()],
    ['EventTarget', () => new EventTarget()],
    ['Headers', () => new Headers()],
    ['TextDecoder', () => new TextDecoder()],
    ['NumberFormat', () => new Intl.NumberFormat()],
    [
      'Instance',
      () => runInThisContext("new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('AGFzbQEAAAA=', 'base64')))"),
    ],
    ['FinalizationRegistry', () => new FinalizationRegistry(() => {})],
    [
      'Timeout',
      () => {
        const timer = setTimeout(() => {}, 1)
        clearTimeout(timer)
        return timer
      },
    ],
    [
      'Emitter',
      () =>
        new (class Emitter {
          on() {}
          emit() {}
          removeListener() {}
        })(),
    ],
  ])('is a handle: %s', (name, make) => {
    // prettier-ignore
    for (const context of [toProcess, toThread])
      expect(refusal([make()], context).message).toMatch(new RegExp(`^Cannot send \`args\\[0]\` to a worker: an? ${name} cannot be cloned`))
  })

  it('is reported as the instance whose private field holds it', () => {
    class Connection {
      _queue = { tasks: [{ run: () => 1 }] }
    }
    const error = refusal([{ pool: { first: new Connection() } }])
    expect(error.path).toBe('args[0].pool.first')
    expect(error.message).toContain(
      'a Connection cannot be cloned (`_queue.tasks[0].run`: a function cannot be cloned).',
    )
  })

  it('is reported as the public field of an instance that holds it', () => {
    class Job {
      options = { onDone: () => 1 }
    }
    expect(refusal([new Job()]).path).toBe('args[0].options.onDone')
  })

  it.each<[string, unknown, string]>([
    ['a key that is no identifier', { 'log-level': Symbol('s') }, 'args[0]["log-level"]'],
    ['a value under a number', new Map([[1, Symbol('s')]]), 'args[0].get(1)'],
    ['a value under a bigint', new Map([[1n, Symbol('s')]]), 'args[0].get(1n)'],
    ['a value under null', new Map([[null, Symbol('s')]]), 'args[0].get(null)'],
    ['a value of a Map', new Map([['a', { b: Symbol('s') }]]), 'args[0].get("a").b'],
    ['a value under an object', new Map([[{}, Symbol('s')]]), 'args[0].values()[0]'],
    ['what stands behind deeper values', [{ a: { b: [new Date()] } }, Symbol('s')], 'args[0][1]'],
    ['a key of a Map', new Map([[1, 1], [Symbol('s'), 1]] as Array<[unknown, unknown]>), 'args[0].keys()[1]'], // prettier-ignore
    ['an item of a Set', new Set([1, { a: Symbol('s') }]), 'args[0].values()[1].a'],
    ['a named property of an array', Object.assign([1], { extra: Symbol('s') }), 'args[0].extra'],
    [
      'an own __proto__',
      Object.defineProperty({}, '__proto__', { value: Symbol('s'), enumerable: true }),
      'args[0].__proto__',
    ],
  ])('has the path of %s', (_, value, path) => {
    expect(refusal([value]).path).toBe(path)
  })

  it.each([
    ['args', 'to'],
    ['this', 'to'],
    ['this.items', 'to'],
    ['response', 'to'],
    ['result', 'from'],
    ['yielded', 'from'],
    ['what this is', 'from'],
  ])('is reported with the direction of %s: %s a worker', (root, direction) => {
    const error = thrownBy(() => pack(() => 1, { root, kind: 'thread' })) as SerializationError
    expect(error.message).toBe(
      `Cannot send \`${root}\` ${direction} a worker: a function cannot be cloned. ` +
        'Send data instead; the worker can import the functions it needs.',
    )
    expect(error).not.toHaveProperty('cause')
  })

  it('is reported as coming from a worker if it is a result', () => {
    const error = thrownBy(() => pack({ next: () => 1 }, { root: 'result', kind: 'thread' }))
    expect((error as Error).message).toMatch(/^Cannot send `result\.next` from a worker: a function cannot be cloned\./)
  })

  it('is reported by the root alone if it is the value itself', () => {
    expect(thrownBy(() => pack(() => 1, { root: 'result', kind: 'thread' }))).toMatchObject({ path: 'result' })
  })
})

describe('a value that cannot be read', () => {
  const boom = new RangeError('boom')
  const trap = (): never => {
    throw boom
  }
  const getter = { get a() { return trap() } } // prettier-ignore

  it.each<[string, unknown, string]>([
    ['a getter that throws', { deep: getter }, 'args[0].deep.a'],
    ['a getter among many values', { many, deep: getter }, 'args[0].deep.a'],
    ['an item that throws', Object.defineProperty([1, 2], '1', { get: trap, enumerable: true }), 'args[0][1]'],
  ])('is reported with a path and a cause: %s', (_, value, path) => {
    const error = refusal([value])
    expect(error.path).toBe(path)
    expect(error.cause).toBe(boom)
    expect(error.message).toBe(
      `Cannot send \`${path}\` to a worker: reading it threw RangeError: boom. Make it readable, or leave it out.`,
    )
  })

  it('may be a revoked proxy, or one whose traps throw', () => {
    const { proxy, revoke } = Proxy.revocable<object>({}, {})
    revoke()
    expect(refusal([{ proxy }]).path).toBe('args[0].proxy')
    const trapped = new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap })
    expect(refusal([[trapped]])).toMatchObject({
      path: 'args[0][0]',
      message: expect.stringContaining('a Proxy cannot be cloned'),
    })
    expect(refusal([Object.create(proxy)]).path).toBe('args[0]')
  })

  it('may be nested too deeply', () => {
    let deep: object = {}
    for (let i = 0; i < 100_000; i++) deep = { deep }
    for (const value of [deep, [new URL('http://host/'), deep]]) {
      const error = refusal([value])
      expect(error.message).toBe('Cannot send `args` to a worker: it is nested too deeply. Send it flat, or in parts.')
      expect(error.path).toBe('args')
      expect(error.cause).toBeInstanceOf(RangeError)
    }
  })

  it('may be nested without end', () => {
    const endless = (): object => ({ get next() { return endless() } }) // prettier-ignore
    expect(refusal([endless()]).message).toMatch(/is nested too deeply|Maximum call stack/)
  })

  it.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a string', 'x', "'x'"],
    ['a long string', 'x'.repeat(300), `'${'x'.repeat(200)}'... 100 more characters`],
    ['an object', { a: { b: { c: 1 } } }, '{ a: [Object] }'],
    ['a wide object', Object.fromEntries(many.slice(0, 20).map((i) => [`key${i}`, i])), `{ ${many.slice(0, 20).map((i) => `key${i}: ${i}`).join(', ')} }`], // prettier-ignore
    ['a proxy', new Proxy({ a: 1 }, {}), 'Proxy [ [Object], {} ]'],
    ['an error', new RangeError('x'), 'RangeError: x'],
    ['an error of another realm', runInThisContext('new RangeError("x")'), 'RangeError: x'],
    ['an error that cannot be read', Object.defineProperty(new Error('x'), 'message', { get: trap }), 'something that cannot be shown'], // prettier-ignore
  ])('is reported in one line with what a getter threw: %s', (_, thrown, text) => {
    const value = Object.defineProperty([1], 0, {
      get: () => {
        throw thrown
      },
    })
    for (const each of [value, Object.defineProperty({}, 'a', { get: () => value[0], enumerable: true })])
      expect(refusal([each]).message).toContain(`: reading it threw ${text}. Make it readable, or leave it out.`)
  })

  it('may be one that only the engine knows it cannot clone', () => {
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    for (const context of [toThread, toProcess]) {
      const error = refusal([{ list: [1, { buffer }] }], context)
      expect(error.path).toBe('args[0].list[1].buffer')
      expect(error.message).toMatch(/^Cannot send `[^`]*` to a worker: it could not be cloned \(.*\)\.$/)
      expect(error.cause).toBeDefined()
    }
  })
})

describe('strict packing', () => {
  const strict: PackContext = { root: 'this', kind: 'thread', strict: true }

  it('refuses instances of unmarked classes', () => {
    class Money {
      amount = 1
    }
    const error = thrownBy(() => pack({ a: new Money() }, strict)) as SerializationError
    expect(error.path).toBe('this.a')
    expect(error.message).toBe(
      'Cannot send `this.a` to a worker: a Money is an instance of a class that is not @serializable. ' +
        'Mark the class with @serializable, or leave the value out.',
    )
    expect(thrownBy(() => pack([...many, new Money()], strict))).toMatchObject({ path: 'this[1000]' })
  })

  it('accepts data and built-ins', () => {
    const fine = [{}, [], new Map(), new Set(), new Date(), /a/, Buffer.from('a'), new Error('x'), new URL('http://a/')]
    expect(() => pack(fine, strict)).not.toThrow()
    expect(() => pack(Object.create({}), strict)).not.toThrow()
  })
})
