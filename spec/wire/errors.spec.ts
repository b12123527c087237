import assert, { AssertionError } from 'node:assert'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { types } from 'node:util'
import { runInNewContext } from 'node:vm'
import { AbortError, isAbortError } from 'abort-controller-x'
import * as pebble from '../../src/errors'
import { packReason, packThrown, unpackThrown } from '../../src/wire/errors'
import { BYTES, CODED, pack, unpack, type PackContext } from '../../src/wire/values'
import { carry, roundTrip, thrownBy } from './support'

const contexts: PackContext[] = [
  { root: 'error', kind: 'thread' },
  { root: 'error', kind: 'process' },
]

function thrown<T>(value: T, context: PackContext): T {
  const packed = packThrown(value, context)
  return unpackThrown(carry(packed, context.kind), packed.flags, {}) as T
}

describe.each(contexts)('an error thrown in a $kind', (context) => {
  afterEach(() => jest.restoreAllMocks())

  it.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    'is still a %p',
    (Class) => {
      const error = thrown(new Class('no'), context)
      expect(error).toBeInstanceOf(Class)
      expect(error).toBeInstanceOf(Error)
      expect(Object.getPrototypeOf(error)).toBe(Class.prototype)
      expect(types.isNativeError(error)).toBe(true)
      expect(error.message).toBe('no')
      expect(Object.keys(error)).toEqual([])
    },
  )

  it('keeps its stack, also as traceback', () => {
    const error = new TypeError('no')
    const arrived = thrown(error, context)
    expect(arrived.stack).toBe(error.stack)
    expect(arrived).toMatchObject({ traceback: error.stack })
    expect(Object.keys(arrived)).toEqual([])
  })

  it('keeps its own properties, enumerable or not', () => {
    const error = Object.assign(new Error('no'), { code: 'E_NO', details: { list: [1n], when: new Date(0) } })
    Object.defineProperty(error, 'hidden', { value: 1 })
    const arrived = thrown(error, context)
    expect(arrived).toMatchObject({ code: 'E_NO', details: { list: [1n], when: new Date(0) }, hidden: 1 })
    expect(Object.keys(arrived)).toEqual(['code', 'details'])
  })

  it('keeps the fields of a system error', () => {
    const error = thrownBy(() => readFileSync('/does/not/exist'))
    const arrived = thrown(error, context)
    expect(arrived).toBeInstanceOf(Error)
    expect(arrived).toMatchObject({ code: 'ENOENT', syscall: 'open', path: '/does/not/exist', errno: -2 })
  })

  it('keeps class and code of errors of Node.js', () => {
    const arrived = thrown(
      thrownBy(() => Buffer.alloc('x' as never)),
      context,
    ) as Error
    expect(arrived).toBeInstanceOf(TypeError)
    expect(arrived).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('keeps cause and errors, which stay non-enumerable', () => {
    const cause = new RangeError('inner', { cause: 'text' })
    const error = new AggregateError([new TypeError('a'), 5, cause], 'all', { cause })
    const arrived = thrown(error, context)
    expect(arrived).toBeInstanceOf(AggregateError)
    expect(arrived.cause).toBeInstanceOf(RangeError)
    expect(arrived.cause).toMatchObject({ message: 'inner', cause: 'text', stack: cause.stack })
    expect(arrived.errors[0]).toBeInstanceOf(TypeError)
    expect(arrived.errors[1]).toBe(5)
    expect(arrived.errors[2]).toBe(arrived.cause)
    expect(Object.keys(arrived)).toEqual([])
  })

  it('has its own name or message only if the class has a different one', () => {
    expect(Object.getOwnPropertyNames(thrown(new TypeError('no'), context)).sort()).toEqual([
      'message',
      'stack',
      'traceback',
    ])
  })

  it('may be its own cause', () => {
    const error = new Error('loop') as Error & { list: unknown[] }
    error.cause = error
    error.list = [{ error }]
    const arrived = thrown(error, context)
    expect(arrived.cause).toBe(arrived)
    expect(arrived.list).toEqual([{ error: arrived }])
  })

  it('keeps a long chain of causes up to a limit', () => {
    let error = new Error('0')
    for (let i = 1; i < 10_000; i++) error = new Error(String(i), { cause: error })
    let arrived: Error | undefined = thrown(error, context)
    let length = 0
    for (; arrived !== undefined; arrived = arrived.cause as Error | undefined) length++
    expect(length).toBeGreaterThan(50)
    expect(length).toBeLessThan(1000)
  })

  it('becomes the closest class that is known, or an Error of the same name', () => {
    class HttpError extends Error {
      override name = 'HttpError'
      constructor(readonly status: number) {
        super(`status ${status}`)
      }
    }
    class Odd extends RangeError {
      override get name() {
        return 'OddError'
      }
    }
    const arrived = thrown(new HttpError(404), context)
    expect(arrived).toMatchObject({ name: 'HttpError', message: 'status 404', status: 404 })
    expect(Object.getPrototypeOf(arrived)).toBe(Error.prototype)
    expect(String(arrived)).toBe('HttpError: status 404')
    const odd = thrown(new Odd('x'), context)
    expect(odd).toBeInstanceOf(RangeError)
    expect(odd.name).toBe('OddError')
    expect(Object.keys(odd)).toEqual([])
  })

  it('loses only the properties that cannot cross, at any depth', () => {
    const request = new Socket()
    const error = Object.assign(new Error('no'), {
      request,
      retry: () => 1,
      response: {
        status: 500,
        request,
        list: [1, () => 1],
        match: Object.assign([1], { retry: () => 1, input: 'x' }),
        map: new Map<unknown, unknown>([['f', () => 1], [() => 1, 'f'], [1, 2]]), // prettier-ignore
        set: new Set([1, () => 1]),
      },
      memory: new SharedArrayBuffer(1),
      view: new Uint8Array(new SharedArrayBuffer(1)),
      good: 1,
    })
    Object.defineProperty(error, 'bad', { get: () => thrownBy(() => 1), enumerable: true })
    const arrived = thrown(error, context)
    expect({ ...arrived }).toStrictEqual({
      response: {
        status: 500,
        list: [1, undefined],
        match: Object.assign([1], { input: 'x' }),
        map: new Map([[1, 2]]),
        set: new Set([1]),
      },
      good: 1,
    })
    expect((arrived as { omitted?: unknown }).omitted).toEqual([
      'request',
      'retry',
      'response.request',
      'response.list[1]',
      'response.match.retry',
      'response.map.get("f")',
      'response.map.keys()[1]',
      'response.set.values()[1]',
      'memory',
      'view',
      'bad',
    ])
    request.destroy()
  })

  it('loses properties that only the engine refuses', () => {
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    const arrived = thrown(Object.assign(new Error('no'), { buffer, b: Buffer.from('a') }), context)
    expect({ ...arrived }).toEqual({ b: Buffer.from('a') })
    expect(arrived.message).toBe('no')
  })

  it.each([1_000, 12_000, 50_000])('keeps %i records', (count) => {
    const rows = Array.from({ length: count }, (_, row) => ({ row }))
    const arrived = thrown(Object.assign(new Error('no'), { rows }), context)
    expect(arrived.rows).toEqual(rows)
    expect(arrived).not.toHaveProperty('omitted')
  })

  it('leaves out a property that leads to the whole program, and names it', () => {
    const huge = Array.from({ length: 150_000 }, (_, id) => ({ id }))
    const arrived = thrown(Object.assign(new Error('no'), { huge, small: 1 }), context)
    expect({ ...arrived }).toEqual({ small: 1 })
    expect(arrived).toMatchObject({ message: 'no', omitted: ['huge'] })
    expect(Object.keys(arrived)).toEqual(['small'])
  })

  it('keeps no partial copy of a value that it left out elsewhere', () => {
    const nest = (levels: number): object => (levels === 0 ? {} : { deeper: nest(levels - 1) })
    const shared = nest(200)
    const error = Object.assign(new Error('no'), { deep: { a: { shared, b: nest(400) } }, shared })
    const arrived = thrown(error, context)
    expect(arrived).toMatchObject({ omitted: ['deep'] })
    expect(arrived.shared).toEqual(shared)
  })

  it('keeps no half copy, and forgets no whole one, when it leaves out a property that is too deep', () => {
    const nest = (levels: number, end = {}): object => (levels === 0 ? end : { deeper: nest(levels - 1, end) })
    const [shared, whole] = [nest(200, { at: new URL('http://host/') }), { whole: 1 }]
    const error = Object.assign(new Error('no'), { first: whole, deep: nest(250, shared), shared, again: whole })
    const arrived = thrown(error, context)
    expect(arrived).toMatchObject({ omitted: ['deep'] })
    expect(JSON.stringify(arrived.shared)).toBe(JSON.stringify(shared))
    expect(arrived.again).toBe(arrived.first)
  })

  it('keeps 300 levels, or leaves out the property and names it', () => {
    const nest = (levels: number): object => (levels === 0 ? {} : { deeper: nest(levels - 1) })
    const arrived = thrown(Object.assign(new Error('no'), { most: nest(299), more: nest(302) }), context)
    expect(JSON.stringify(arrived.most)).toBe(JSON.stringify(nest(299)))
    expect(arrived).not.toHaveProperty('more')
    expect(arrived).toMatchObject({ omitted: ['more'] })
  })

  it('keeps all errors of a large AggregateError', () => {
    jest.replaceProperty(Error, 'stackTraceLimit', 1) // Jest maps each frame to the sources, which is slow
    const errors = Array.from({ length: 12_000 }, (_, i) => new RangeError(String(i), { cause: { i } }))
    const arrived = thrown(new AggregateError(errors), context)
    expect(arrived.errors).toHaveLength(12_000)
    expect(arrived.errors.every((error, i) => error instanceof RangeError && error.message === String(i))).toBe(true)
    expect((arrived.errors[11_999] as Error).cause).toEqual({ i: 11_999 })
  })

  it('keeps the errors of an AggregateError as errors, even if it leaves out what they hold', () => {
    const rows = Array.from({ length: 150_000 }, (_, row) => ({ row }))
    const arrived = thrown(
      new AggregateError([Object.assign(new RangeError('a'), { rows }), new TypeError('b')]),
      context,
    )
    expect(arrived.errors).toMatchObject([{ message: 'a', omitted: ['rows'] }, { message: 'b' }])
    expect(arrived.errors.map((error: object) => error.constructor)).toEqual([RangeError, TypeError])
  })

  it('replaces what cannot be sent among the errors of an AggregateError by its text', () => {
    const items = [new RangeError('a'), Symbol('b'), new WeakMap(), () => 1]
    const { errors } = thrown(new AggregateError(items), context)
    expect(errors).toEqual([new RangeError('a'), 'Symbol(b)', 'WeakMap { <items unknown> }', '[Function (anonymous)]'])
  })

  it('lists what was left out of its cause at the cause', () => {
    const cause = Object.assign(new Error('inner'), { retry: () => 1 })
    const arrived = thrown(new Error('no', { cause }), context)
    expect(arrived.cause).toMatchObject({ message: 'inner', omitted: ['retry'] })
    expect(arrived).not.toHaveProperty('omitted')
  })

  it('adds what is left out when it is sent again to what was left out before', () => {
    const first = thrown(Object.assign(new Error('no'), { retry: () => 1 }), context)
    const second = thrown(Object.assign(first, { again: () => 1 }), context)
    expect(second).toMatchObject({ omitted: ['retry', 'again'] })
  })

  it('lists 20 paths, and counts the others', () => {
    const list = Array.from({ length: 25 }, () => () => 1)
    const { omitted } = thrown(Object.assign(new Error('no'), { list }), context) as unknown as { omitted: string[] }
    expect(omitted).toHaveLength(21)
    expect(omitted.slice(19)).toEqual(['list[19]', '… 5 more'])
  })

  it('keeps the class of an AssertionError, and its fields', () => {
    const error = thrownBy(() => assert.strictEqual(1, 2)) as AssertionError
    const arrived = thrown(error, context)
    expect(arrived).toBeInstanceOf(AssertionError)
    expect(arrived).toMatchObject({ actual: 1, expected: 2, operator: 'strictEqual', code: 'ERR_ASSERTION' })
    expect(String(arrived)).toBe(String(error))
  })

  it('keeps the class of an error of WebAssembly', () => {
    const { RuntimeError } = (globalThis as unknown as { WebAssembly: { RuntimeError: ErrorConstructor } }).WebAssembly
    expect(thrown(new RuntimeError('unreachable'), context)).toBeInstanceOf(RuntimeError)
  })

  it('keeps properties that are large', () => {
    const list = Array.from({ length: 1_000 }, (_, id) => ({ id }))
    const arrived = thrown(Object.assign(new Error('no'), { list }), context)
    expect(arrived.list).toEqual(list)
  })

  it('leaves out a property whose getter throws, and keeps those beside it', () => {
    const trap = { get: () => { throw new Error('trap') }, enumerable: true } // prettier-ignore
    const nested = Object.defineProperty({ a: 1 }, 'b', trap)
    const error = Object.assign(Object.defineProperty(new Error('no'), 'bad', trap), { nested, good: [1] })
    const arrived = thrown(error, context)
    expect(Object.entries(arrived)).toEqual([
      ['nested', { a: 1 }],
      ['good', [1]],
    ])
    expect(Object.keys(arrived.nested)).toEqual(['a'])
  })

  it.each<[string, () => unknown, object]>([
    ['frozen', () => Object.freeze(new TypeError('a')), { name: 'TypeError', message: 'a' }],
    [
      'with getters that throw',
      () => {
        const trap = { get: () => { throw new Error('trap') } } // prettier-ignore
        return Object.defineProperties(new TypeError('a'), { stack: trap, name: trap, message: trap, code: trap })
      },
      { message: '' },
    ],
    [
      'with a message that is no string',
      () => Object.assign(new Error(), { message: { a: 1 } }),
      { message: '{ a: 1 }' },
    ],
    [
      'with a message on the prototype',
      () => {
        class Quiet extends Error {
          override get message() {
            return 'from the prototype'
          }
        }
        return new Quiet()
      },
      { message: 'from the prototype' },
    ],
    ['without a stack', () => Object.assign(new Error('a'), { stack: undefined }), { stack: 'Error: a' }],
    ['without a stack and a message', () => Object.assign(new Error(), { stack: undefined }), { stack: 'Error' }],
    ['without a name', () => Object.assign(new RangeError('a'), { name: undefined }), { name: 'Error' }],
    [
      'with `errors` that are no list',
      () => Object.assign(new Error(), { errors: { a: [1] } }),
      { errors: { a: [1] } },
    ],
    [
      'with `errors` that cannot cross',
      () => new AggregateError([new TypeError('a'), () => 1, Symbol('s')]),
      { errors: [{ message: 'a' }, '[Function (anonymous)]', 'Symbol(s)'], omitted: ['errors[1]', 'errors[2]'] },
    ],
    ['made by hand', () => Object.create(Error.prototype, { message: { value: 'by hand' } }), { message: 'by hand' }],
    [
      'of abort-controller-x',
      () => new AbortError(),
      { name: 'AbortError', message: 'The operation has been aborted' },
    ],
    ['of another realm', () => runInNewContext('new TypeError("far")'), { name: 'TypeError', message: 'far' }],
  ])('crosses %s', (_, make, expected) => {
    // prettier-ignore
    const arrived = thrown(make(), context)
    expect(arrived).toBeInstanceOf(Error)
    expect(arrived).toMatchObject(expected)
  })

  it('keeps the class of a DOMException', () => {
    const arrived = thrown(new DOMException('stop', 'AbortError'), context)
    expect(arrived).toBeInstanceOf(DOMException)
    expect(arrived).toMatchObject({ name: 'AbortError', message: 'stop', code: 20, traceback: arrived.stack })
  })

  it.each<[string, Error, object]>([
    ['TimeoutError', new pebble.TimeoutError('late', 500), { timeout: 500, code: 'ERR_PEBBLE_TIMEOUT' }],
    ['CancelledError', new pebble.CancelledError(), { name: 'AbortError', code: 'ERR_PEBBLE_CANCELLED' }],
    [
      'ProcessExpired',
      new pebble.ProcessExpired('died', { exitCode: 1, signal: null, pid: 7 }),
      { exitCode: 1, signal: null, pid: 7 },
    ],
    ['ThreadExpired', new pebble.ThreadExpired('died', { exitCode: 1, threadId: 2 }), { exitCode: 1, threadId: 2 }],
    ['PoolError', new pebble.PoolError('closed', { cause: new Error('why') }), { cause: { message: 'why' } }],
    ['SerializationError', new pebble.SerializationError('no', 'args[0]'), { path: 'args[0]' }],
    ['NotFoundError', new pebble.NotFoundError('gone'), { code: 'ERR_PEBBLE_NOT_FOUND' }],
  ])('keeps the class of %s', (name, error, fields) => {
    // prettier-ignore
    const arrived = thrown(error, context)
    expect(arrived).toBeInstanceOf(pebble[name as 'PoolError'])
    expect(arrived).toMatchObject({ ...fields, message: error.message, name: error.name })
    expect(Object.keys(arrived).sort()).toEqual(Object.keys(error).sort())
    expect(isAbortError(arrived)).toBe(isAbortError(error))
  })

  it('may be anything', () => {
    for (const value of [null, undefined, 0, '', 'text', 5n, false, { a: [1] }, [1], new Map([[1, 2]])])
      expect(thrown(value, context)).toEqual(value)
  })

  it('has a traceback only if it is an error', () => {
    expect(Object.getOwnPropertyNames(thrown({ a: 1 }, context))).toEqual(['a'])
  })

  it('may be an instance of any class, even one that `this` may not hold', () => {
    class Point {
      x = 1
    }
    expect(thrown({ at: new Point() }, { ...context, strict: true })).toEqual({ at: { x: 1 } })
  })

  it('is described if it cannot be sent', () => {
    const message = 'A body threw [Function: retry], which cannot be sent. Throw an Error, or data.'
    const arrived = thrown<unknown>(function retry() {}, context)
    expect(arrived).toBeInstanceOf(pebble.SerializationError)
    expect(arrived).toMatchObject({ message, path: 'error', name: 'SerializationError' })
    const { proxy, revoke } = Proxy.revocable<object>({}, {})
    revoke()
    for (const odd of [Symbol('s'), proxy, { f: () => 1 }, new Socket()])
      expect(thrown<unknown>(odd, context)).toBeInstanceOf(pebble.SerializationError)
  })
})

describe('an error as a value', () => {
  const context: PackContext = { root: 'result', kind: 'process' }

  it('may be anywhere in a value, and keeps its identity', () => {
    const error = new TypeError('x', { cause: new Error('y') })
    const arrived = roundTrip({ list: [error], map: new Map([[error, new Set([error])]]) }, context) as {
      list: Error[]
      map: Map<Error, Set<Error>>
    }
    const [first] = arrived.list
    expect(first).toBeInstanceOf(TypeError)
    expect(first).not.toHaveProperty('traceback')
    expect([...arrived.map.keys()]).toEqual([first])
    expect(arrived.map.get(first as Error)?.has(first as Error)).toBe(true)
  })

  it('is packed as text and own properties', () => {
    const error = new TypeError('x')
    const text = { '@pebble-ts': 'error', name: 'TypeError', message: 'x', stack: error.stack, type: 'TypeError' }
    expect(pack(error, context).data).toStrictEqual(text)
    Object.assign(error, { code: 5, cause: 'why' })
    expect(pack(error, context).data).toStrictEqual({ ...text, props: { code: 5, cause: 'why' } })
    Object.defineProperty(error, 'cause', { enumerable: false })
    expect(pack(error, context).data).toStrictEqual({ ...text, props: { code: 5 }, hidden: { cause: 'why' } })
  })

  it('counts as one object, and its properties as values', () => {
    const list = (length: number): Error[] => Array.from({ length }, () => new Error('x'))
    expect(pack(list(127), context).flags).toBe(CODED)
    expect(pack(list(128), context).flags).toBe(CODED | BYTES)
  })

  it('may be in a large value', () => {
    const arrived = roundTrip([...Array.from({ length: 1000 }, (_, i) => ({ i })), new RangeError('x')], context)
    expect((arrived as unknown[])[1000]).toBeInstanceOf(RangeError)
  })

  it('does not hide a refusal elsewhere', () => {
    const lossy = Object.assign(new Error('x'), { retry: () => 1, details: { log: () => 1 } })
    for (const error of [new Error('x'), lossy])
      expect(thrownBy(() => pack([error, () => 1], context))).toMatchObject({ path: 'result[1]' })
  })
})

test('a PoolError keeps its reason', () => {
  const context = { root: 'error', kind: 'process' } as const
  const { data, flags } = packThrown(new pebble.PoolError('full', { reason: 'full' }), context)
  expect(unpackThrown(data, flags, {})).toMatchObject({ code: 'ERR_PEBBLE_POOL', reason: 'full' })
})

describe('the reason of an abort', () => {
  const arrive = (reason: unknown): unknown => {
    const packed = packReason(reason)
    expect(packed.transfer).toBeUndefined()
    return unpack(carry(packed, 'process'), packed.flags, {})
  }

  it('arrives as it is', () => {
    expect(arrive('shutdown')).toBe('shutdown')
    expect(arrive({ since: new Date(0) })).toEqual({ since: new Date(0) })
    const error = arrive(new RangeError('too late', { cause: 5 }))
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: 'too late', cause: 5 })
  })

  it('that shares memory becomes text, because a control message cannot share any', () => {
    expect(arrive(new SharedArrayBuffer(8))).toEqual(expect.stringContaining('SharedArrayBuffer'))
  })

  it('that cannot be sent becomes text', () => {
    expect(arrive(() => 1)).toEqual(expect.any(String))
    expect(arrive({ close: () => 1 })).toEqual(expect.any(String))
  })
})
