/** Behaviour that can only be seen from outside a program. */
import { isAlive } from '../support/processes'
import { resultOf, runProgram } from '../support/program'
import { forEachKind } from '../support/setup'

describe("the example of Pebble's first README", () => {
  test.each(['first-readme.mts', 'legacy/first-readme.cts'])('works in %s', async (file) => {
    const result = await resultOf(file)
    expect(result).toMatchObject({ counter: 5, errors: 5, unhandled: 0, other: [0, 0] })
    expect(result.tracebacks).toHaveLength(5)
    for (const traceback of result.tracebacks) {
      expect(traceback).toMatch(/^Error: Ops!\n\s+at .*doWrongJob.*first-readme\.[cm]ts:\d+:\d+/)
    }
  })
})

test('a callback assigned to the shared method is refused under legacy decorators', async () => {
  const { refusal } = await resultOf('legacy/first-readme.cts')
  expect(refusal).toMatch(/callbacks\(/)
})

forEachKind('an unguarded main script with a pool of its own', (kind) => {
  test.each([
    ['schedule', ['42', 'end']],
    ['map', ['2', '4', 'end']],
    ['awaited map', ['2', '4', 'end']],
    ['join', ['joined 42', 'end']],
  ])('runs in workers up to its first call, by %s; an initializer has pools of its own', async (way, lines) => {
    const { stdout, stderr } = await runProgram('own-pool.mts', { env: { POOL_KIND: kind, POOL_WAY: way } })
    expect({ stderr, lines: stdout.trimEnd().split('\n') }).toEqual({ stderr: '', lines })
  })
})

describe('an idle program that has used both decorators', () => {
  test('exits by itself within a second and leaves no process behind', async () => {
    const { exitCode, stdout, stderr, afterLastOutput } = await runProgram('idle.mts')
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(afterLastOutput).toBeLessThan(1_000)
    const pids = JSON.parse(stdout) as number[]
    expect(pids.length).toBeGreaterThan(0)
    expect(pids.filter(isAlive)).toEqual([])
  })
})

forEachKind('unhandledRejection', (kind) => {
  test('is raised by unhandled failures and by no others', async () => {
    expect(await resultOf('unhandled.mts', { args: [kind] })).toEqual({
      ignored: ['RangeError: nobody listens'],
      'error-callback': [],
      'broken-callback': ['PebbleCallbackWarning'],
      'assigned-callback': [],
      caught: [],
      exception: [],
      waited: [],
      cancelled: [],
    })
  })
})

describe('fake timers of a test', () => {
  const after = ['done', 'done', 'TimeoutError', 'TimeoutError']
  const meanwhile = [...after, 'TimeoutError', 'TimeoutError']

  test.each([
    ['node:test', 'after', [...meanwhile, ...after]],
    ['@sinonjs/fake-timers', 'after', [...meanwhile, ...after]],
    ['@sinonjs/fake-timers', 'before', [...meanwhile, ...after]],
    ['node:test', 'before', after],
  ])(
    'of %s, installed %s the library is imported, stop no limit, and the program ends',
    async (fake, when, results) => {
      expect(await resultOf('fake-clock.mts', { env: { FAKE: fake, WHEN: when } })).toEqual(results)
    },
  )
})
