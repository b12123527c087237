import { spawnSync } from 'node:child_process'
import { Iterables } from '../../../src/pools/map/map-arguments'

/** Yields 1 to `end`, then ends or throws, and counts how often it was closed. */
class Noting implements Iterator<number> {
  closed = 0
  #given = 0

  constructor(
    readonly end: number,
    readonly throws = false,
  ) {}

  next(): IteratorResult<number> {
    this.#given += 1
    if (this.#given <= this.end) return { done: false, value: this.#given }
    if (this.throws) throw new RangeError('no more')
    return { done: true, value: undefined }
  }

  return(): IteratorResult<number> {
    this.closed += 1
    return { done: true, value: undefined }
  }
}

const sync = (iterator: Noting): Iterable<number> => ({ [Symbol.iterator]: () => iterator })

const asynchronous = (iterator: Noting): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({
    next: async () => iterator.next(),
    return: async () => iterator.return(),
  }),
})

describe.each([
  ['iterables', sync],
  ['asynchronous iterables', asynchronous],
])('the %s of a map', (_what, iterable) => {
  it('are closed once, however often close() is called', async () => {
    const endless = new Noting(Infinity)
    const iterables = new Iterables([iterable(endless)])
    expect(await iterables.next()).toEqual({ done: false, value: 1 })
    iterables.close()
    iterables.close()
    expect(endless.closed).toBe(1)
  })

  it('are not closed if they have ended, unlike longer ones', async () => {
    const [short, long] = [new Noting(1), new Noting(Infinity)]
    const iterables = new Iterables([iterable(short), iterable(long)])
    await iterables.next()
    expect(await iterables.next()).toMatchObject({ done: true })
    iterables.close()
    expect([short.closed, long.closed]).toEqual([0, 1])
  })

  it('are not closed if they have thrown, unlike the others', async () => {
    const [throwing, long] = [new Noting(0, true), new Noting(Infinity)]
    const iterables = new Iterables([iterable(long), iterable(throwing)])
    await expect((async () => iterables.next())()).rejects.toThrow(new RangeError('no more'))
    iterables.close()
    expect([throwing.closed, long.closed]).toEqual([0, 1])
  })
})

it('an iterable that throws leaves no unhandled rejection of another one', () => {
  const program = `
    const { Iterables } = require(${JSON.stringify(require.resolve('../../support/compiled.cjs'))})('pools/map/map-arguments')
    async function* first() { throw new Error('first') }
    function* second() { throw new Error('second') }
    try { new Iterables([first(), second()]).next() } catch (error) { console.log(error.message) }
  `
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
  expect({ stdout, stderr, status }).toEqual({ stdout: 'second\n', stderr: '', status: 0 })
})
