import { readFileSync } from 'node:fs'
import { errors, PaymentError } from '../fixtures/errors'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

type Traced = Error & { traceback: string }

const source = readFileSync(require.resolve('../fixtures/errors'), 'utf8').split('\n')
/** The position of a text in fixtures/errors.ts. */
const positionOf = (text: string): string => {
  const line = source.findIndex((each) => each.includes(text))
  return `errors.ts:${line + 1}:`
}

forEachKind('an error of a body', (kind) => {
  const job = errors[kind]

  test.each(['TypeError', 'RangeError', 'SyntaxError', 'URIError', 'EvalError', 'ReferenceError'] as const)(
    'is the %s that was thrown',
    async (name) => {
      const error = await failure(job.builtIn(name))
      expect(error).toBeInstanceOf(globalThis[name])
      expect(error).toBeInstanceOf(Error)
      expect([error.name, error.message]).toEqual([name, `a ${name}`])
      expect(Object.keys(error)).toEqual([])
    },
  )

  test('keeps its class if that is @serializable', async () => {
    const error = await failure<PaymentError>(job.marked())
    expect(error).toBeInstanceOf(PaymentError)
    expect([error.message, error.amount, error.isLarge]).toEqual(['too much', 150, true])
  })

  test('keeps the name of its class if that is not @serializable', async () => {
    const error = await failure<Error & { details: unknown }>(job.unmarked())
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.message, error.details]).toEqual(['Unmarked', 'unknown there', { attempts: 3 }])
  })

  test('keeps its own properties, except those that cannot be sent', async () => {
    const error = await failure(job.properties())
    expect({ ...error }).toEqual({ code: 'E_CODE', when: new Date(7), list: [1n, new Map([['key', 'value']])] })
  })

  test('keeps its causes and their classes', async () => {
    const error = await failure(job.caused())
    expect(error).toBeInstanceOf(TypeError)
    const inner = error.cause as Error
    expect(inner).toBeInstanceOf(RangeError)
    expect([inner.message, inner.cause]).toEqual(['the inner', { plain: 'data' }])
  })

  test('keeps the errors of an AggregateError', async () => {
    const error = await failure<AggregateError>(job.aggregate())
    expect(error).toBeInstanceOf(AggregateError)
    expect(error.message).toBe('all of them')
    const [one, two, three] = error.errors as [Error, Error, string]
    expect(one).toBeInstanceOf(RangeError)
    expect(two).toBeInstanceOf(PaymentError)
    expect([one.message, two.message, three]).toEqual(['one', 'two', 'three'])
  })

  test('can contain itself', async () => {
    const error = await failure<Error & { self: unknown }>(job.circular())
    expect(error.self).toBe(error)
  })

  test('keeps the code of a system error', async () => {
    const error = await failure<NodeJS.ErrnoException>(job.system())
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: '/there/is/no/such/file' })
  })

  test('can be a DOMException', async () => {
    const error = await failure(job.domException())
    expect([error.name, error.message]).toEqual(['AbortError', 'stop it'])
  })

  test('can be thrown before there is a promise', async () => {
    expect(await failure(job.synchronous())).toBeInstanceOf(RangeError)
  })

  test('is a result if it is returned', async () => {
    const error = await settled(job.returned())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('a result')
  })
})

forEachKind('a thrown value that is not an error', (kind) => {
  const job = errors[kind]

  test.each([null, undefined, 0, '', 'text', 7n, false])('%p arrives unchanged', async (thrown) => {
    const outcome = job.value(thrown).then(
      () => ['resolved'],
      (error: unknown) => ['rejected', error],
    )
    expect(await settled(outcome)).toEqual(['rejected', thrown])
  })

  test('an object arrives as data', async () => {
    expect(await failure(job.value({ status: 404, body: [1] }))).toEqual({ status: 404, body: [1] })
  })

  test.each(['function', 'symbol', 'proxy'] as const)('a %s arrives as an error that describes it', async (which) => {
    const error = await failure(job.oddity(which))
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toMatch(/^A body threw .*, which cannot be sent\. Throw an Error, or data\.$/)
  })
})

forEachKind('the stack of an error', (kind) => {
  const job = errors[kind]

  test('has the frames of the worker, at their TypeScript positions', async () => {
    const { traceback } = await failure<Traced>(job.deep())
    const [head, ...frames] = traceback.split('\n')
    expect(head).toBe('Error: from below')
    expect(frames[0]).toMatch(new RegExp(`level2.*${positionOf("throw new Error('from below')")}`))
    expect(frames[1]).toMatch(new RegExp(`level1.*${positionOf('return level2()')}`))
    expect(frames[2]).toMatch(new RegExp(`deep.*${positionOf('return level1()')}`))
  })

  test('continues with the frames of the caller and shows none of the library', async () => {
    const error = await failure<Traced>(callDeep())
    expect(error.stack?.startsWith(error.traceback)).toBe(true)
    const rest = error.stack?.slice(error.traceback.length) ?? ''
    expect(rest).toMatch(/called from the parent/)
    expect(rest).toMatch(/callDeep .*errors\.spec\.ts:\d+/)
    expect(error.stack).not.toMatch(/[\\/](dist|src)[\\/](?!.*fixtures)/)
  })

  function callDeep(): Promise<never> {
    return job.deep()
  }

  test('exists for causes as well', async () => {
    const error = await failure(job.caused())
    expect((error.cause as Error).stack).toMatch(new RegExp(`caused.*${positionOf("new RangeError('the inner'")}`))
  })
})
