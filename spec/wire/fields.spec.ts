import { EventEmitter } from 'node:events'
import { packFields } from '../../src/wire/fields'
import { unpack, type PackContext } from '../../src/wire/values'
import { registerSerializable, serialize } from '../../src/wire/serializable'
import { carry } from './support'

const context: PackContext = { root: 'this', kind: 'process', strict: true }

class Database {
  url = 'x'
}
class Money {
  amount = 1
}
registerSerializable('fields#Money', Money)

describe('the fields of an instance', () => {
  it('are sent, except those that cannot be, which are listed', () => {
    const shared = [1]
    const { packed, absent } = packFields(
      {
        a: 1,
        shared,
        again: { shared },
        money: new Money(),
        when: new Date(0),
        db: new Database(),
        bus: new EventEmitter(),
        log: () => 1,
        id: Symbol('s'),
        config: { hooks: { 'on-end': () => 1 } },
        get: new Map([['a', new Database()]]),
        list: [new Error('x')],
      },
      context,
    )
    expect(absent).toEqual([
      ['db', 'an instance of Database'],
      ['bus', 'an instance of EventEmitter'],
      ['log', 'a function'],
      ['id', 'a symbol'],
      ['config', 'an object that holds `hooks["on-end"]` (a function cannot be cloned)'],
      ['get', 'an object that holds `get("a")` (a Database is an instance of a class that is not @serializable)'],
    ])
    const arrived = unpack(carry(packed, 'process'), packed.flags, {}) as { again: { shared: object }; shared: object }
    expect(arrived).toMatchObject({ a: 1, shared: [1], money: new Money(), when: new Date(0) })
    expect(arrived.again.shared).toBe(arrived.shared)
    expect(Object.keys(arrived)).toEqual(['a', 'shared', 'again', 'money', 'when', 'list'])
  })

  it('are listed with what cannot be sent: a nested value, an unreadable one, or the field itself', () => {
    const trap = (): never => {
      throw new Error('trap')
    }
    class Hooked { [serialize](): void {} } // prettier-ignore
    const { absent } = packFields(
      {
        list: [1, { f: () => 1 }],
        item: Object.defineProperty([1], 0, { get: trap }),
        proxy: new Proxy({}, { getPrototypeOf: trap, ownKeys: trap }),
        hooked: new Hooked(),
        point: new Database(),
        nothing: null,
      },
      { root: 'this', kind: 'process' },
    )
    expect(absent).toEqual([
      ['proxy', 'an instance of Proxy'],
      ['list', 'an object that holds `[1].f` (a function cannot be cloned)'],
      ['item', 'an object that cannot be read'],
      ['hooked', 'a Hooked'],
    ])
  })

  it('may hold, for a thread, values that only threads can carry', () => {
    const fields = { ok: { memory: new SharedArrayBuffer(1) }, bad: { memory: new SharedArrayBuffer(1), f: () => 1 } }
    const { packed, absent } = packFields({ ...fields }, { ...context, kind: 'thread' })
    expect(absent).toEqual([['bad', 'an object that holds `f` (a function cannot be cloned)']])
    expect(Object.keys(packed.data as object)).toEqual(['ok'])
    expect(packFields({ ...fields }, context).absent.map(([field]) => field)).toEqual(['ok', 'bad'])
  })

  it('are all left out if none can be sent', () => {
    expect(packFields({ f: () => 1 }, context)).toEqual({
      packed: { data: {}, flags: 0 },
      absent: [['f', 'a function']],
    })
  })
})

describe('a logger of Nest among the fields', () => {
  class Logger {
    static logLevels?: string[]
    static staticInstanceRef: object | undefined = {}
    static overrideLogger(): void {}
    static isLevelEnabled(): boolean {
      return true
    }
    print = (): void => {} // cannot be sent
    constructor(
      readonly context: unknown,
      readonly options: { timestamp?: unknown } = {},
    ) {}
  }

  it('is left out with what it takes to create it again', () => {
    const { absent } = packFields(
      { log: new Logger('Reports', { timestamp: true }), bare: new Logger(5), print: () => 1, db: new Database() },
      context,
    )
    expect(absent).toEqual([
      ['log', 'an instance of Logger', { context: 'Reports', timestamp: true, levels: undefined }],
      ['bare', 'an instance of Logger', { context: undefined, timestamp: undefined, levels: undefined }],
      ['print', 'a function'],
      ['db', 'an instance of Database'],
    ])
  })

  it('has the levels of its class', () => {
    Logger.logLevels = ['warn']
    const levels = (): unknown => packFields({ log: new Logger('x') }, context).absent[0]?.[2]?.levels
    expect(levels()).toEqual(['warn'])
    Logger.staticInstanceRef = undefined
    expect(levels()).toEqual([])
  })
})

it('a field that is nested too deeply is described as such', () => {
  let deep: unknown = 1
  for (let level = 0; level < 200_000; level++) deep = [deep]
  expect(packFields({ deep, ok: 1 }, context)).toMatchObject({
    packed: { data: { ok: 1 } },
    absent: [['deep', 'an object that is nested too deeply']],
  })
})
