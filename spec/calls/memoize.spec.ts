import { CancelledError, futureOf } from 'pebble-ts'
import { memo } from '../fixtures/memo'
import { Gate, lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { failure, settled, until } from '../support/until'

forEachKind('`memoize`', (kind) => {
  const Memo = memo[kind]

  test('runs a body once for the same arguments', async () => {
    const [job, log] = [new Memo(), scratchFile()]
    expect(await settled(job.square(log, 3))).toEqual({ square: 9 })
    expect(await settled(job.square(log, 3))).toEqual({ square: 9 })
    expect(await settled(job.square(log, 4))).toEqual({ square: 16 })
    expect(lines(log)).toEqual(['3', '4'])
  })

  test('gives every call a future of its own', async () => {
    const [job, log] = [new Memo(), scratchFile()]
    const futures = [1, 2, 3].map(() => futureOf(job.square(log, 5)))
    expect(new Set(futures.map(({ id }) => id)).size).toBe(3)
    expect(await settled(Promise.all(futures))).toEqual([{ square: 25 }, { square: 25 }, { square: 25 }])
    expect(lines(log)).toEqual(['5'])
  })

  test('remembers results per instance', async () => {
    const log = scratchFile()
    await settled(new Memo().square(log, 1))
    await settled(new Memo().square(log, 1))
    expect(lines(log)).toEqual(['1', '1'])
  })

  test('forgets the least recently used above `maxSize`', async () => {
    const [job, log] = [new Memo(), scratchFile()]
    for (const n of [1, 2, 1, 3, 1, 2]) await settled(job.few(log, n))
    expect(lines(log)).toEqual(['1', '2', '3', '2'])
  })

  test('forgets results after `ttl`', async () => {
    const [job, log] = [new Memo(), scratchFile()]
    const first = await settled(job.brief(log))
    await until(async () => (await job.brief(log)) !== first, 'the result to be forgotten')
    expect(lines(log)).toEqual(['ran', 'ran'])
  })

  test('compares the values of `key`', async () => {
    const [job, log] = [new Memo(), scratchFile()]
    expect(await settled(job.keyed(log, { id: 1, name: 'Ada' }))).toBe('Ada')
    expect(await settled(job.keyed(log, { id: 1, name: 'Eve' }))).toBe('Ada')
    expect(await settled(job.keyed(log, { id: 2, name: 'Eve' }))).toBe('Eve')
    expect(lines(log)).toEqual(['Ada', 'Eve'])
  })

  test('does not remember failures', async () => {
    const [job, log] = [new Memo(), scratchFile()]
    expect(await failure(job.failing(log))).toBeInstanceOf(RangeError)
    expect(await failure(job.failing(log))).toBeInstanceOf(RangeError)
    expect(lines(log)).toEqual(['ran', 'ran'])
  })

  test('lets one of two callers cancel without affecting the other', async () => {
    const job = new Memo()
    for (const cancelled of [0, 1]) {
      const gate = new Gate()
      const futures = [futureOf(job.slow(gate.path)), futureOf(job.slow(gate.path))]
      await gate.whenArrived()
      futures[cancelled]?.cancel()
      gate.open()
      expect(await settled(futures[1 - cancelled] as PromiseLike<string>)).toBe('passed')
      expect(await failure(futures[cancelled] as PromiseLike<string>)).toBeInstanceOf(CancelledError)
    }
  })
})
