import { failure, settled } from '../support/until'
import { selves } from '../fixtures/selves'
import { forEachKind } from '../support/setup'

const ABSENT = (field: string, what: string, method: string): string =>
  `\`this.${field}\` is not available inside \`Account.${method}\` of selves.ts: it is ${what} and cannot be sent to a worker. ` +
  'Pass what the body needs as an argument, make it in the body, or give the class [serialize]/[deserialize]. ' +
  'The class of a library crosses after `serializable(Class)`, and injected services of Nest after `PebbleModule.forRoot({ worker })`.'

forEachKind('`this` in a worker', (kind) => {
  const { Account, Base, Half, Own, Plain, Private, Throwing } = selves[kind]

  test('is an instance of the same class with the fields of the caller', async () => {
    const account = new Account()
    account.balance = 42
    expect(await settled(account.describe())).toEqual({
      balance: 42,
      hidden: 'typescript-private',
      price: [true, '5 EUR'],
      history: new Map([[new Date(0), ['opened']]]),
      greeting: 'hello',
      shout: 'HELLO',
      isAccount: true,
      isBase: true,
      name: 'Account',
    })
  })

  test('is a snapshot that later changes of the caller do not affect', async () => {
    const account = new Account()
    account.balance = 1
    const before = account.describe()
    account.balance = 2
    expect(await settled(before)).toMatchObject({ balance: 1 })
    expect(await settled(account.describe())).toMatchObject({ balance: 2 })
  })

  test('is frozen, so that a write throws instead of being lost', async () => {
    const account = new Account()
    const write = await failure(account.deposit(5))
    expect(write).toBeInstanceOf(TypeError)
    expect(write.message).toMatch(/Cannot assign to read only property 'balance'/)
    expect(account.balance).toBe(10)
    const addition = await failure(account.add())
    expect(addition).toBeInstanceOf(TypeError)
    expect(addition.message).toMatch(/Cannot add property added, object is not extensible/)
  })

  test('is frozen deeply, including plain objects and arrays in a Map', async () => {
    const account = new Account()
    for (const where of ['object', 'array', 'list in a map'] as const) {
      const error = await failure(account.writeDeep(where))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain('`this` is a frozen snapshot: return the value')
    }
    expect(await settled(account.writeDeep('map'))).toBe('written')
    expect(account.tree).toEqual({ inner: { n: 0 }, list: [] })
  })

  test('shares no objects with the arguments, which are not frozen', async () => {
    const account = new Account()
    expect(await settled(account.writeArgument(account.tree))).toEqual({ inner: { n: 1 }, list: [] })
  })

  test('lacks fields that cannot be sent, and throws when one is accessed', async () => {
    const account = new Account()
    const services = await failure(account.touch('database'))
    expect(services).toBeInstanceOf(TypeError)
    expect(services.message).toBe(ABSENT('database', 'an instance of Database', 'touch'))
    expect((await failure(account.touch('format'))).message).toBe(ABSENT('format', 'a function', 'touch'))
    expect((await failure(account.touch('nested'))).message).toBe(
      ABSENT(
        'nested',
        'an object that holds `deep.database` (a Database is an instance of a class that is not @serializable)',
        'touch',
      ),
    )
    expect((await failure(account.write('database'))).message).toBe(
      ABSENT('database', 'an instance of Database', 'write'),
    )
  })

  test('does not list absent fields', async () => {
    expect(await settled(new Account().fields())).toEqual([
      'balance',
      'greeting',
      'hidden',
      'history',
      'lists',
      'price',
      'tree',
    ])
  })

  test("has no fields with `state: 'none'`, and only the listed ones with a list", async () => {
    expect(await settled(new Account().withoutState())).toEqual([])
    expect(await settled(new Account().withSomeState())).toEqual({ balance: 10, greeting: 'hello' })
    expect((await failure(new Account().touchLeftOut())).message).toContain(
      '`this.balance` is not available inside `Account.touchLeftOut` of selves.ts: it is left out by the option `state`',
    )
  })

  test('is the class itself in a static method', async () => {
    expect(await settled(Account.interest(5))).toBe(15)
  })

  test('has inherited, overridden and super methods as in one process', async () => {
    expect(await settled(new Account().inherited())).toBe('hello from Base')
    expect(await settled(new Base().overridden())).toBe('Base')
    expect(await settled(new Account().overridden())).toBe('Account over Base')
    expect(await settled(new Plain().overridden())).toBe('Account over Base')
    expect(await settled(new Plain().describe())).toMatchObject({ greeting: 'hi', shout: 'HI', name: 'Plain' })
  })

  test('is made by [serialize] and [deserialize] of the class, private fields included', async () => {
    expect(await settled(new Own('word').reveal())).toBe('word!')
  })

  test('fails only the call if [serialize] or [deserialize] is faulty', async () => {
    const half = await failure(new Half().go())
    expect(half).toBeInstanceOf(TypeError)
    expect(half.message).toContain('Half has a [serialize]() but no static [deserialize](state)')
    expect((await failure(new Throwing().go())).message).toContain('not today')
    expect(await settled(new Base().overridden())).toBe('Base')
  })

  test('lacks a field that cannot be read', async () => {
    const account = new Account()
    Object.defineProperty(account, 'format', {
      enumerable: true,
      get: () => {
        throw new RangeError('not now')
      },
    })
    expect(await settled(account.inherited())).toBe('hello from Base')
    const { message } = await failure(account.touch('format'))
    expect(message).toBe(ABSENT('format', 'a getter that threw RangeError: not now', 'touch'))
  })

  test('has no private #fields, and the error tells how to send them', async () => {
    for (const method of ['read', 'write', 'call'] as const) {
      const error = await failure<Error>(new Private()[method]())
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain('define [serialize]() and static [deserialize](state)')
    }
  })

  test('must be there, so a method detached from its instance rejects', async () => {
    const { describe: detached } = new Account()
    const error = await failure(detached.call(undefined as never))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain('was called without its `this`')
  })
})
