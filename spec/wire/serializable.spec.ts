import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fromBytes } from '../../src/wire/encoding/bytes'
import {
  deserialize,
  isBuiltIn,
  registerSerializable,
  serializableClass,
  serializableId,
  serializableOf,
  serialize,
} from '../../src/wire/serializable'
import { NotFoundError, SerializationError } from '../../src/errors'
import { packThrown, unpackThrown } from '../../src/wire/errors'
import { BYTES, CODED, pack, unpack, type PackContext } from '../../src/wire/values'
import { carry, process, roundTrip, thread, thrownBy } from './support'

class Money {
  tags: unknown[] = []
  constructor(
    public amount: number,
    public currency = 'EUR',
  ) {}

  get text() {
    return `${this.amount} ${this.currency}`
  }
}

class Vault {
  #secret: unknown
  constructor(secret: unknown) {
    this.#secret = secret
  }
  open() {
    return this.#secret
  }
  [serialize]() {
    return { secret: this.#secret }
  }
  static [deserialize](state: { secret: unknown }) {
    return new this(state.secret)
  }
}

class Rejected extends RangeError {
  constructor(
    message: string,
    readonly reason: Money,
  ) {
    super(message)
  }
}

class Locked extends Error {
  #key: string
  constructor(key: string) {
    super(`locked: ${key}`)
    this.#key = key
  }
  get key() {
    return this.#key
  }
  [serialize]() {
    return this.#key
  }
  static [deserialize](key: string) {
    return new this(key)
  }
}

/** Its state is moved out when it is packed. */
class Box {
  constructor(readonly items: unknown[]) {}
  [serialize]() {
    return this.items.splice(0)
  }
  static [deserialize](items: unknown[]) {
    return new this(items)
  }
}

test.each([
  ['much beside it', Array.from({ length: 300 }, () => ({}))],
  ['what only structured clone carries beside it', new SharedArrayBuffer(1)],
  ['nothing beside it', undefined],
])('[serialize] runs once, even if packing starts over: %s', (_what, beside) => {
  const [box] = roundTrip([new Box(['a', 'b']), beside]) as [Box]
  expect(box).toEqual(new Box(['a', 'b']))
})

beforeAll(() => {
  for (const cls of [Money, Vault, Rejected, Locked, Box]) registerSerializable(`test#${cls.name}`, cls)
})

describe.each([thread, process])('an instance of a serializable class, to a $kind', (context) => {
  it('keeps its class and its fields, without running the constructor', () => {
    const money = new Money(5)
    money.tags.push(money, new Date(0), new Money(7))
    const arrived = roundTrip({ list: [money], again: money }, context) as { list: Money[]; again: Money }
    const [first] = arrived.list
    expect(first).toBeInstanceOf(Money)
    expect(first?.text).toBe('5 EUR')
    expect(first?.tags[0]).toBe(first)
    expect(first?.tags[1]).toEqual(new Date(0))
    expect(first?.tags[2]).toEqual(new Money(7))
    expect(arrived.again).toBe(first)
  })

  it('keeps its class in large values and in Maps', () => {
    const many = Array.from({ length: 1000 }, (_, i) => new Money(i))
    const arrived = roundTrip(new Map([['a', many]]), context) as Map<string, Money[]>
    expect(arrived.get('a')?.every((money) => money instanceof Money)).toBe(true)
  })

  it('is restored by its hooks, private fields included', () => {
    const arrived = roundTrip(new Vault([new Vault(1), new Money(2)]), context) as Vault
    const [inner, money] = arrived.open() as [Vault, Money]
    expect(inner.open()).toBe(1)
    expect(money).toBeInstanceOf(Money)
  })

  it('may be an error', () => {
    const error = new Rejected('no', new Money(1))
    const packed = packThrown(error, context)
    expect(packed.classes).toEqual(['test#Rejected', 'test#Money'])
    const arrived = unpackThrown(carry(packed, context.kind), packed.flags, {}) as Rejected
    expect(arrived).toBeInstanceOf(Rejected)
    expect(arrived).toBeInstanceOf(RangeError)
    expect(arrived.reason).toBeInstanceOf(Money)
    expect(arrived).toMatchObject({ message: 'no', stack: error.stack, traceback: error.stack })
  })

  it('may be an error with hooks', () => {
    const error = new Locked('k')
    const arrived = roundTrip(error, context) as Locked
    expect(arrived).toBeInstanceOf(Locked)
    expect(arrived).toMatchObject({ key: 'k', message: 'locked: k', stack: error.stack })
  })

  it.each<[string, () => unknown, (value: never) => unknown]>([
    ['Array', () => Object.assign(new (class List extends Array<number> {})(), [1, 2]), (list: number[]) => [...list]],
    [
      'Map',
      () => new (class Table extends Map<string, number> {})([['a', 1]]),
      (map: Map<string, number>) => map.get('a'),
    ],
    ['Set', () => new (class Bag extends Set<number> {})([1]), (set: Set<number>) => set.has(1)],
    ['Date', () => new (class Day extends Date {})(5), (date: Date) => date.getTime()],
    ['String', () => new (class Text extends String {})('abc'), (text: string) => text.valueOf()],
    ['Number', () => new (class Count extends Number {})(5), (count: number) => count.valueOf()],
    ['Uint8Array', () => new (class Bytes extends Uint8Array {})([1, 2]), (bytes: Uint8Array) => bytes.join()],
  ])('may extend %s', (_, make, read) => {
    // prettier-ignore
    const value = make() as { constructor: Function }
    registerSerializable(`test#${value.constructor.name}`, value.constructor)
    const arrived = roundTrip({ value }, context) as { value: never }
    expect(arrived.value).toBeInstanceOf(value.constructor)
    expect(read(arrived.value)).toEqual(read(value as never))
  })
})

describe('an instance that extends a built-in', () => {
  it.each<[string, () => object]>([
    ['array', () => Object.assign(new (class Tags extends Array<number> {})(), [1, 2])],
    ['typed array', () => new (class Octets extends Uint8Array {})([1, 2])],
    ['string', () => new (class Word extends String {})('ab')],
  ])('is sent once, as what it extends: %s', (_, make) => {
    const value = make()
    registerSerializable(`test#${value.constructor.name}`, value.constructor)
    const { data, flags } = pack([value], process)
    const [marker] = ((flags & BYTES) === 0 ? data : fromBytes(data as Uint8Array)) as [{ fields: object }]
    expect(marker).toMatchObject({ '@pebble-ts': 'fields', base: expect.anything(), fields: {} })
    expect(Object.keys(marker.fields)).toEqual([])
  })

  it('keeps the fields that its class adds', () => {
    class Ledger extends Map<string, number> {
      owner = new Money(1)
    }
    registerSerializable('test#Ledger', Ledger)
    const arrived = roundTrip(new Ledger([['a', 1]]), process) as Ledger
    expect(arrived.owner).toBeInstanceOf(Money)
    expect([...arrived]).toEqual([['a', 1]])
  })
})

describe('an error of a serializable class with hooks', () => {
  const serializing = jest.fn<unknown, []>()
  const deserializing = jest.fn<unknown, [unknown]>()
  class Fragile extends Error {
    extra: unknown = 1;
    [serialize](): unknown {
      return serializing()
    }
    static [deserialize](state: unknown): unknown {
      return deserializing(state)
    }
  }
  beforeAll(() => registerSerializable('test#Fragile', Fragile))
  beforeEach(() => jest.resetAllMocks())

  it('is sent as its state only', () => {
    serializing.mockReturnValue('state')
    const { data } = pack(new Fragile('x'), process)
    expect(data).toMatchObject({ id: 'test#Fragile', state: 'state' })
    expect(data).not.toHaveProperty('props')
  })

  it.each<[string, () => unknown]>([
    ['throws', () => { throw new Error('no') }], // prettier-ignore
    ['gives what cannot cross', () => () => 1],
  ])('is sent like other errors if [serialize] %s', (_, run) => {
    serializing.mockImplementation(run)
    const arrived = roundTrip(new Fragile('x'), process)
    expect(arrived).toBeInstanceOf(Fragile)
    expect(arrived).toMatchObject({ message: 'x', extra: 1 })
    expect(deserializing).not.toHaveBeenCalled()
  })

  it.each<[string, () => unknown]>([
    ['throws', () => { throw new Error('no') }], // prettier-ignore
    ['gives null', () => null],
    ['gives a number', () => 5],
    ['gives nothing', () => undefined],
  ])('is rebuilt from its text if static [deserialize] %s', (_, run) => {
    serializing.mockReturnValue('state')
    deserializing.mockImplementation(run)
    const error = new Fragile('x')
    const arrived = roundTrip(error, process)
    expect(deserializing).toHaveBeenCalledWith('state')
    expect(arrived).toBeInstanceOf(Fragile)
    expect(arrived).toMatchObject({ message: 'x', stack: error.stack })
  })
})

describe('instances inside an error', () => {
  it('are left out if they cannot be sent', () => {
    class Moody { [serialize](): never { throw new Error('no') } static [deserialize](): void {} } // prettier-ignore
    class Later extends Promise<void> {}
    class Window extends Uint8Array {}
    for (const cls of [Moody, Later, Window]) registerSerializable(`test#${cls.name}`, cls)
    const error = Object.assign(new Error('x'), {
      moody: new Moody(),
      later: Later.resolve(),
      window: new Window(new SharedArrayBuffer(1) as never),
      money: new Money(1),
    })
    for (const context of [thread, process]) {
      const arrived = roundTrip(error, context) as typeof error
      expect(Object.keys(arrived)).toEqual(['money'])
      expect(arrived.money).toBeInstanceOf(Money)
    }
  })
})

describe('classes of the library itself', () => {
  it('need no module to be loaded, and their instances are kept until the message has arrived', () => {
    class Gate {}
    registerSerializable('pebble-ts:Gate', Gate)
    expect([isBuiltIn('pebble-ts:Gate'), isBuiltIn('file:///pebble-ts:'), isBuiltIn('x#pebble-ts')]).toEqual([true, false, false]) // prettier-ignore
    const context: PackContext = { ...process }
    const gates = [new Gate(), new Gate()]
    expect(pack({ list: [...gates, gates[0], new Money(1)] }, context).classes).toEqual(['test#Money'])
    expect(context.keepAlive).toEqual(gates)
    expect(context.keepAlive?.[0]).toBe(gates[0])
  })
})

describe('the classes of a packed value', () => {
  it('are listed once each, for the receiver to load', () => {
    const packed = pack([new Money(1), new Money(2), new Vault(3)], process)
    expect(packed).toMatchObject({ flags: CODED, classes: ['test#Money', 'test#Vault'] })
  })

  it('are found by id, and by exactly their own prototype', () => {
    class Dollar extends Money {}
    expect(serializableId(Money)).toBe('test#Money')
    expect(serializableClass('test#Money')).toBe(Money)
    expect(serializableId(Dollar)).toBeUndefined()
    const arrived = roundTrip(new Dollar(1)) as object
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype)
    const strict: PackContext = { root: 'this', kind: 'thread', strict: true }
    expect(thrownBy(() => pack(new Dollar(1), strict))).toBeInstanceOf(SerializationError)
    expect(() => pack(new Money(1), strict)).not.toThrow()
  })

  it('are replaced by a later class of the same id, as after a reload of the module', () => {
    const old = class Reloaded {}
    const fresh = class Reloaded {}
    registerSerializable('test#Reloaded', old)
    const packed = pack(new old(), process)
    registerSerializable('test#Reloaded', fresh)
    expect(unpack(packed.data, packed.flags, {})).toBeInstanceOf(fresh)
  })

  it('are named in the error if they are not loaded; an error is rebuilt without its class', () => {
    class Gone extends Error {}
    const data = { '@pebble-ts': 'fields', id: 'file:///a.ts#Gone#0', fields: {} }
    const missing = thrownBy(() => unpack(data, CODED, {})) as Error
    expect(missing).toBeInstanceOf(NotFoundError)
    expect(missing.message).toBe(
      'The @serializable class file:///a.ts#Gone#0 is not loaded here. Export it from the module that defines it.',
    )
    registerSerializable('test#Gone', Gone)
    const packed = pack(new Gone('x'), process)
    const record = packed.data as { id: string }
    record.id = 'file:///a.ts#Gone#0'
    expect(unpack(record, packed.flags, {})).toMatchObject({ name: 'Error', message: 'x' })
  })
})

describe('malformed data', () => {
  it.each<[string, Function]>([
    ['no hooks', class Bare {}],
    ['half of the hooks', class Torn { [serialize](): void {} }], // prettier-ignore
  ])('is refused: the state of a class that has %s', (_, cls) => {
    registerSerializable(`odd#${cls.name}`, cls)
    const error = thrownBy(() => unpack({ '@pebble-ts': 'state', id: `odd#${cls.name}`, state: 1 }, CODED, {}))
    expect(error).toBeInstanceOf(SerializationError)
    expect(error).toMatchObject({
      message:
        `Cannot rebuild a ${cls.name}: the class has no [serialize] or static [deserialize]. ` +
        'Define both [serialize]() and static [deserialize](state), and mark the class with @serializable.',
      path: '',
    })
  })

  it('is refused: a state that holds its own object', () => {
    const marker: Record<string, unknown> = { '@pebble-ts': 'state', id: 'test#Vault' }
    marker.state = { secret: [marker] }
    const error = thrownBy(() => unpack([marker], CODED, {}))
    expect(error).toBeInstanceOf(SerializationError)
    expect(error).toMatchObject({
      message:
        'Cannot rebuild an object whose [serialize] state holds the object itself. ' +
        'Return data that leaves the object out.',
      path: '',
    })
  })
})

describe('hooks', () => {
  const refuse = (value: unknown): SerializationError => thrownBy(() => pack([value], process)) as SerializationError
  const marked = <C extends Function>(cls: C): C => {
    registerSerializable(`hooks#${cls.name}`, cls)
    return cls
  }

  it('come in pairs', () => {
    const Half = marked(class Half { [serialize]() {} }) // prettier-ignore
    expect(refuse(new Half()).message).toBe(
      'Cannot send `result[0]` from a worker: Half has no static [deserialize]. ' +
        'Define both [serialize]() and static [deserialize](state), and mark the class with @serializable.',
    )
    const Other = marked(class Other { static [deserialize]() {} }) // prettier-ignore
    expect(refuse(new Other()).message).toContain('Other has no [serialize].')
  })

  it('need a marked class', () => {
    class Shy { [serialize]() {} static [deserialize]() {} } // prettier-ignore
    expect(refuse(new Shy()).message).toContain('Shy defines [serialize], but is not @serializable.')
  })

  it('that throw are reported with the cause', () => {
    const boom = new Error('boom')
    const Bad = marked(class Bad { [serialize]() { throw boom } static [deserialize]() {} }) // prettier-ignore
    expect(refuse(new Bad())).toMatchObject({
      message: 'Cannot send `result[0]` from a worker: [serialize] of Bad threw Error: boom.',
      path: 'result[0]',
      cause: boom,
    })
    const Worse = marked(class Worse { [serialize]() {} static [deserialize]() { throw boom } }) // prettier-ignore
    const packed = pack(new Worse(), process)
    const error = thrownBy(() => unpack(packed.data, packed.flags, {}))
    expect(error).toMatchObject({
      message: 'Cannot rebuild a Worse: static [deserialize] threw Error: boom.',
      path: '',
      cause: boom,
    })
  })

  it('cannot return the object itself, or a value that cannot be sent', () => {
    const Snake = marked(class Snake { [serialize](): unknown { return { tail: this } } static [deserialize]() {} }) // prettier-ignore
    expect(refuse(new Snake())).toMatchObject({
      message:
        'Cannot send `result[0][serialize]().tail` from a worker: [serialize] of Snake returned something that holds ' +
        'the object itself. Return data that leaves the object out.',
      path: 'result[0][serialize]().tail',
    })
    const Open = marked(class Open { [serialize]() { return { f() {} } } static [deserialize]() {} }) // prettier-ignore
    expect(refuse(new Open())).toMatchObject({ path: 'result[0][serialize]().f' })
  })
})

describe('a class that the registry does not keep', () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const collected = async (id: string): Promise<void> => {
    for (let turn = 0; turn < 100 && serializableClass(id); turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      gc()
    }
  }

  it('is found while the program refers to it', () => {
    const cls = class Kept {}
    registerSerializable('test#Kept', cls, false)
    expect(serializableClass('test#Kept')).toBe(cls)
    expect(serializableId(cls)).toBe('test#Kept')
  })

  it('is forgotten when the program has dropped it; others are kept', async () => {
    registerSerializable('test#Dropped', class Dropped {}, false)
    registerSerializable('test#Held', class Held {})
    await collected('test#Dropped')
    expect([serializableClass('test#Dropped'), serializableClass('test#Held')?.name]).toEqual([undefined, 'Held'])
  })
})

it('an object without a prototype has no class', () => {
  expect(serializableOf(Object.create(null) as object)).toBeUndefined()
})
