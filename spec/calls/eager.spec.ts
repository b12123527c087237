import { CancelledError, configure, Future, futureOf, ProcessFuture } from 'pebble-ts'
import { dependency, outer } from '../fixtures/nested'
import { children } from '../support/processes'
import { resultOf } from '../support/program'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

beforeAll(() => configure({ eager: true }))
afterAll(() => configure({ eager: undefined }))
afterEach(() => jest.restoreAllMocks())

forEachKind('eager mode', (kind) => {
  const job = outer[kind]

  test('runs bodies in the calling thread, where mocks take effect', async () => {
    jest.spyOn(dependency, 'load').mockReturnValue('a mock')
    expect(await settled(job.load())).toBe('a mock')
    const future = futureOf(job.where())
    expect(await settled(future)).toMatchObject({ pid: process.pid, isWorker: false, task: future.id })
    expect(children(process.pid).filter(({ command }) => command.includes('process-entry'))).toEqual([])
  })

  test('gives futures of the same class', async () => {
    const future = futureOf(job.where())
    expect(future).toBeInstanceOf(kind === 'thread' ? Future : ProcessFuture)
    let called = false
    future.addDoneCallback(() => (called = true))
    await settled(future)
    expect(called).toBe(true)
    const cancelled = futureOf(job.slow())
    expect(cancelled.cancel()).toBe(true)
    expect(await failure(cancelled)).toBeInstanceOf(CancelledError)
  })

  test('passes on errors and streams', async () => {
    expect(await failure(job.throws())).toBeInstanceOf(RangeError)
    for await (const where of job.count()) expect(where).toMatchObject({ pid: process.pid, isWorker: false })
  })

  test('applies no limits', async () => {
    expect(await settled(job.slow())).toBe('slow')
  })

  test('ends with configure({ eager: false })', async () => {
    configure({ eager: false })
    try {
      expect(await settled(job.where())).toMatchObject({ isWorker: true })
    } finally {
      configure({ eager: true })
    }
  })
})

test('unknown settings are refused', () => {
  expect(() => configure({ eagre: true } as never)).toThrow('Unknown option `eagre`; did you mean `eager`?')
  expect(() => configure({ eager: 'yes' as never })).toThrow(TypeError)
})

test('PEBBLE_EAGER=1 switches it on', async () => {
  const pids = await resultOf<{ own: number; thread: boolean; process: number }>('where.mts', {
    env: { PEBBLE_EAGER: '1' },
  })
  expect(pids).toEqual({ own: pids.own, thread: false, process: pids.own })
})
