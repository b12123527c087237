import { File } from 'node:buffer'
import { createServer } from 'node:net'
import { SerializationError, transfer } from 'pebble-ts'
import { Money } from '../fixtures/selves'
import { values } from '../fixtures/values'
import { lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

const cyclic: { self?: unknown; list: unknown[] } = { list: [] }
cyclic.self = cyclic
cyclic.list.push(cyclic)

const nested = (levels: number): unknown => {
  let value: unknown = null
  for (let i = 0; i < levels; i++) value = { value }
  return value
}
const levelsOf = (value: unknown): number => {
  let levels = 0
  for (let each = value; each !== null; each = (each as { value: unknown }).value) levels++
  return levels
}

forEachKind('values on their way to a body and back', (kind) => {
  const job = values[kind]

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1.5],
    ['NaN', Number.NaN],
    ['minus zero', -0],
    ['a bigint', 2n ** 70n],
    ['an empty text', ''],
    ['a text', 'ünï¢ødé 🎈 漢'],
    ['a long text', 'x'.repeat(300_000)],
    ['an array with a hole', [1, , 3]],
    ['a nested object', { a: { b: [{ c: 1 }] } }],
    ['a date', new Date(1e12)],
    ['a regular expression', /a+(b)/giu],
    ['a map', new Map<unknown, unknown>([[{ key: 1 }, new Set([1, 'two'])]])],
    ['a typed array', Float64Array.of(1.5, -2.5)],
    ['bytes', Uint8Array.of(1, 2, 255)],
    ['many bytes', new Uint8Array(200_000).fill(3)],
    ['an ArrayBuffer', Uint8Array.of(1, 2, 3).buffer],
    ['something cyclic', cyclic],
    ['many objects', Array.from({ length: 5_000 }, (_, index) => ({ index, text: `n${index}` }))],
  ])('keep %s as it is', async (_name, value) => {
    expect(await settled(job.echo(value))).toStrictEqual(value)
  })

  test('keep a Buffer a Buffer, large or small', async () => {
    for (const size of [3, 300_000]) {
      const buffer = Buffer.alloc(size, 'pebble')
      const back: Buffer = await settled(job.echo(buffer))
      expect(Buffer.isBuffer(back)).toBe(true)
      expect(back.equals(buffer)).toBe(true)
      expect(await settled(job.kindOf(buffer))).toMatchObject({ isBuffer: true })
    }
  })

  test('can be deep, or the error says that they are too deep', async () => {
    for (const levels of [500, 2_000, 5_000, 100_000])
      for (const call of [job.echo(nested(levels)), job.nested(levels)]) {
        const outcome: unknown = await settled(Promise.resolve(call).catch((error: unknown) => error))
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(SerializationError)
        else expect(levelsOf(outcome)).toBe(levels)
        if (levels === 500) expect(outcome).not.toBeInstanceOf(Error)
      }
  })

  test('keep the name, date and type of a File, or are refused', async () => {
    const file = new File(['text'], 'notes.txt', { type: 'text/plain', lastModified: 1 })
    const sent = { list: [file], map: new Map([['file', file]]), set: new Set([file]) }
    if (kind === 'process') {
      expect(await failure(job.echo(sent))).toBeInstanceOf(SerializationError)
      return
    }
    const { list, map, set }: typeof sent = await settled(job.echo(sent))
    expect(list[0]).toBeInstanceOf(File)
    expect(list[0]).toMatchObject({ name: 'notes.txt', type: 'text/plain', lastModified: 1, size: 4 })
    expect(await list[0]?.text()).toBe('text')
    expect(map.get('file')).toBe(list[0])
    expect([...set]).toEqual([list[0]])
  })

  test('keep a view of shared memory as a result', async () => {
    if (kind === 'process') return
    const view = new Uint8Array(new SharedArrayBuffer(2))
    const back: Uint8Array = await settled(job.echo(view))
    expect(Buffer.isBuffer(back)).toBe(false)
    view[1] = 5
    expect(back[1]).toBe(5)
  })

  test('keep the class of an instance of a @serializable class', async () => {
    expect(await settled(job.kindOf(new Money(1, 'EUR')))).toMatchObject({ isMoney: true, class: 'Money' })
    const back: { list: Money[] } = await settled(job.echo({ list: [new Money(2, 'CHF')] }))
    expect(back.list[0]).toBeInstanceOf(Money)
    expect(String(back.list[0])).toBe('2 CHF')
  })

  test('are snapshots at the time of the call', async () => {
    const argument = { list: [1] }
    const future = job.echo(argument)
    argument.list.push(2)
    expect(await settled(future)).toEqual({ list: [1] })
  })

  test('have their bytes moved if `transfer` lists them', async () => {
    const bytes = new Uint8Array(100_000).fill(1)
    expect(await settled(job.sum(transfer(bytes, [bytes.buffer])))).toBe(100_000)
    if (kind === 'thread') expect(bytes.byteLength).toBe(0)
    const back = await settled(job.bytes(100_000))
    expect([back.byteLength, back[0], back[99_999]]).toEqual([100_000, 7, 7])
  })
})

forEachKind('a value that cannot be sent', (kind) => {
  const job = values[kind]

  test.each<[string, unknown[], string]>([
    ['a function', [() => undefined], 'args[0]'],
    ['a nested function', [1, { list: [0, { run: () => undefined }] }], 'args[1].list[1].run'],
    ['a symbol', [{ 'odd key': Symbol('s') }], 'args[0]["odd key"]'],
    ['a promise', [[Promise.resolve()]], 'args[0][0]'],
    ['a server', [{ server: createServer() }], 'args[0].server'],
    ['a WeakMap in a Map', [new Map([['weak', new WeakMap()]])], 'args[0]'],
    ['something unreadable', [{ get broken(): never { throw new Error('no') } }], 'args[0].broken'], // prettier-ignore
  ])(
    'rejects the future with its path, without running the body, if it is %s among the arguments',
    async (_name, args, path) => {
      const log = scratchFile()
      const future = job.mark(log, ...args) // does not throw
      const error = await failure<SerializationError>(future)
      expect(error).toBeInstanceOf(SerializationError)
      expect(error.code).toBe('ERR_PEBBLE_SERIALIZATION')
      // the path of the log is the first argument
      const shifted = path.replace(/^args\[(\d+)\]/, (_match, index: string) => `args[${Number(index) + 1}]`)
      expect(error.path.startsWith(shifted)).toBe(true)
      expect(error.message).toContain(`Cannot send \`${error.path}\``)
      expect(error.message).toContain('to a worker')
      await settled(job.echo(1))
      expect(lines(log)).toEqual([])
    },
  )

  test.each([
    ['function', 'result.deep[1].next'],
    ['symbol', 'result'],
    ['promise', 'result.later'],
    ['socket', 'result.server'],
    ['getter', 'result.broken'],
    ['weak', 'result'],
  ])('rejects the future with its path, and the worker goes on, if it is a %s in the result', async (which, path) => {
    const error = await failure<SerializationError>(job.bad(which))
    expect(error).toBeInstanceOf(SerializationError)
    expect(error.path).toBe(path)
    expect(error.message).toContain(`Cannot send \`${path}\` of \`bad\` of values.ts from a worker`)
    expect(await settled(job.echo('still here'))).toBe('still here')
  })

  test('does not affect calls before and after it in one batch', async () => {
    const outcomes = await settled(
      Promise.allSettled([job.echo(1), job.echo(() => undefined), job.echo(2), job.bad('function'), job.echo(3)]),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })
})
