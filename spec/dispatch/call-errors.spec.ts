/** The errors of calls and pools, and their whole sentences. */
import type { Channel, WorkerExit } from '../../src/channel/channel'
import type { Call } from '../../src/dispatch/call'
import * as errors from '../../src/dispatch/call-errors'
import { CancelledError, NotFoundError, PoolError, ProcessExpired, SerializationError, ThreadExpired, TimeoutError } from '../../src/errors' // prettier-ignore

const call = (more: object = {}): Call => ({ label: '`job` of jobs.ts', lostWorkers: 0, ...more }) as Call
const channel = (kind: 'thread' | 'process', id: number | null): Channel => ({ kind, id }) as Channel
const exit = (more: Partial<WorkerExit>): WorkerExit => ({ exitCode: null, signal: null, error: undefined, stderr: '', ...more }) // prettier-ignore

const ENOENT = new Error('spawn nope ENOENT')
const OUT_OF_MEMORY = Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' })
const HEAP = '<--- Last few GCs --->\nFATAL ERROR: Ineffective mark-compacts near heap limit'
const TEXT = Array.from({ length: 25 }, (_, line) => `line ${line}`)
const TAIL = '\nThe last lines of its stderr:\n'

describe('a process that ended', () => {
  const cases: Array<[Partial<WorkerExit>, string]> = [
    [{ exitCode: 3 }, 'exited with code 3'],
    [{ exitCode: 0 }, 'exited with code 0'],
    [{ signal: 'SIGKILL' }, 'was ended by SIGKILL'],
    [{ error: ENOENT }, 'could not be started (spawn nope ENOENT)'],
    [{ error: ENOENT, exitCode: 1 }, 'exited with code 1'],
    [{ error: ENOENT, signal: 'SIGTERM' }, 'was ended by SIGTERM'],
    [{ error: OUT_OF_MEMORY, exitCode: 1 }, 'ran out of memory (code 1)'],
  ]

  test.each(cases)('is described in one sentence: %p', (how, sentence) => {
    const error = errors.expiredError(call(), channel('process', 42), exit(how)) as ProcessExpired
    expect(error).toBeInstanceOf(ProcessExpired)
    expect(error.message).toBe(`Worker process 42 ${sentence} while it ran \`job\` of jobs.ts.`)
    expect(error).toMatchObject({ exitCode: how.exitCode ?? null, signal: how.signal ?? null, pid: 42 })
    expect([error.cause, 'cause' in error]).toEqual([how.error, how.error !== undefined])
  })

  test.each([
    [{ signal: 'SIGABRT' as const, stderr: HEAP }, 'SIGABRT'],
    [{ exitCode: 134, stderr: 'x: JavaScript heap out of memory' }, 'code 134'],
  ])('because it ran out of memory is recognised by its stderr: %p', (how, shown) => {
    const { message } = errors.expiredError(call(), channel('process', 42), exit(how))
    expect(message).toBe(`Worker process 42 ran out of memory (${shown}) while it ran \`job\` of jobs.ts.${TAIL}${how.stderr}`) // prettier-ignore
  })

  test('has the last 20 lines of its stderr in the message', () => {
    const { message } = errors.expiredError(
      call(),
      channel('process', null),
      exit({ exitCode: 1, stderr: TEXT.join('\n') }),
    )
    expect(message).toBe(`A worker process exited with code 1 while it ran \`job\` of jobs.ts.${TAIL}${TEXT.slice(5).join('\n')}`) // prettier-ignore
  })
})

describe('a thread that ended', () => {
  test.each([
    [{ exitCode: 3 }, 42, 'Worker thread 42 exited with code 3', 42],
    [{ exitCode: 1, error: OUT_OF_MEMORY }, 42, 'Worker thread 42 ran out of memory', 42],
    [{ exitCode: null, error: ENOENT }, 42, 'Worker thread 42 could not be started (spawn nope ENOENT)', 42],
    [{ exitCode: 1, stderr: 'not shown' }, null, 'A worker thread exited with code 1', -1],
  ])('is described in one sentence: %p', (how, id, sentence, threadId) => {
    const error = errors.expiredError(call(), channel('thread', id), exit(how)) as ThreadExpired
    expect(error).toBeInstanceOf(ThreadExpired)
    expect(error.message).toBe(`${sentence} while it ran \`job\` of jobs.ts.`)
    expect(error).toMatchObject({ exitCode: how.exitCode, threadId })
    expect(error.cause).toBe('error' in how ? how.error : undefined)
  })
})

describe('the error of a call', () => {
  const limits = { timeout: 50, queueTimeout: 70 }

  test.each([
    [errors.timeoutError, '`job` of jobs.ts was stopped after 50 ms (limit `timeout: 50`).', 50],
    [errors.queueTimeoutError, '`job` of jobs.ts did not start within 70 ms (limit `queueTimeout: 70`).', 70],
  ])('names the limit that has passed', (make, message, timeout) => {
    const error = make(call({ limits }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ message, timeout })
  })

  test('names the limit for the start of a worker', () => {
    const error = errors.startTimeoutError(90)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ message: 'A worker did not start within 90 ms (limit `initTimeout: 90`).', timeout: 90 }) // prettier-ignore
  })

  test('is a CancelledError for cancelled and dropped calls, with the reason as the cause', () => {
    const bare = errors.cancelledError(call(), undefined)
    expect(bare).toBeInstanceOf(CancelledError)
    expect([bare.message, 'cause' in bare]).toEqual(['`job` of jobs.ts was cancelled.', false])
    expect(errors.cancelledError(call(), null).cause).toBeNull()
    const dropped = errors.droppedError(call())
    expect(dropped).toBeInstanceOf(CancelledError)
    expect(dropped.message).toBe('`job` of jobs.ts was dropped: its pool was stopped.')
  })

  test('explains top-level code if several workers died importing its module', () => {
    const at = channel('process', 42)
    const how = { channel: at, exit: exit({ exitCode: 5, stderr: 'usage: app' }) }
    expect(errors.failedImportError(call(), how, 3).message).toBe(
      'Worker process 42 exited with code 5 while it imported the module of `job` of jobs.ts (3 workers in a row). ' +
        'The top-level code of that module runs in workers, too: put code that ends the program inside ' +
        `\`if (!isWorker()) { … }\`, or move the method to a file of its own.${TAIL}usage: app`,
    )
  })

  test('gives the number of workers that died before they started it', () => {
    const at = channel('process', 42)
    const end = (lostWorkers: number): string =>
      errors.expiredError(call({ lostWorkers }), at, exit({ exitCode: 5 })).message
    expect(end(2)).toBe('Worker process 42 exited with code 5 while it ran `job` of jobs.ts.')
    expect(end(3)).toBe('Worker process 42 exited with code 5 before it ran `job` of jobs.ts (3 workers in a row).')
  })

  const setUp = '`setUp` of jobs.ts'

  test.each([
    [new RangeError('no key'), 'threw RangeError: no key'],
    [{ a: 1 }, 'threw { a: 1 }'],
    ['text', "threw 'text'"],
    [undefined, 'threw undefined'],
    [new NotFoundError('it is nowhere'), 'cannot be run: it is nowhere'],
    [
      Object.defineProperty(new Error(), 'message', { get: () => String(Object.create(null)) }),
      'threw something that cannot be shown',
    ],
  ])('names the initializer that failed, whatever it threw', (cause, text) => {
    const error = errors.brokenPoolError(errors.initializerFailure(cause, setUp))
    expect(error).toBeInstanceOf(PoolError)
    expect(error).toMatchObject({ message: `The pool is broken: the initializer ${setUp} ${text}`, reason: 'broken' })
    expect(error.cause).toBe(cause)
  })

  const crash = 'node:internal/modules/cjs/loader:1\n  throw err;\n  ^\n\nError: Cannot find module "x"\n    at load (a.js:1:2) {\n  code: 1\n}\n\nNode.js v20.1.0' // prettier-ignore

  test.each([
    ['process', { exitCode: 5 }, 'exited with code 5 before it could serve a call.'],
    ['process', { exitCode: 1, stderr: crash }, 'exited with code 1 before it could serve a call: Error: Cannot find module "x"'], // prettier-ignore
    ['process', { exitCode: 9, stderr: 'node: bad option: --nope\n' }, 'exited with code 9 before it could serve a call: node: bad option: --nope'], // prettier-ignore
    ['process', { error: ENOENT }, 'could not be started (spawn nope ENOENT) before it could serve a call.'],
    ['thread', { exitCode: 1, error: new RangeError('no') }, 'exited with code 1 before it could serve a call: RangeError: no'], // prettier-ignore
  ] as const)('gives the reason why a %s does not start: its error, or its last line', (kind, how, text) => {
    const failure = errors.startFailure(channel(kind, 42), exit(how))
    const error = errors.brokenPoolError(failure)
    expect(error).toMatchObject({ message: `The pool is broken: Worker ${kind} 42 ${text}`, reason: 'broken' })
    expect(error.cause).toBeInstanceOf(kind === 'thread' ? ThreadExpired : ProcessExpired)
  })

  test.each([
    ['cannot look at this\n{ this: 1 }', '{ this: 1 }'],
    ['cannot look at this', 'cannot look at this'],
    ['  no module  \n    at load (a.js:1:2)\n^^^^^\n\nNode.js v20.1.0', 'no module'],
    ['TypeError: no\nsee SyntaxError: in the manual', 'TypeError: no'],
    ['TypeError [ERR_NO]: no\nlast', 'TypeError [ERR_NO]: no'],
    ['Uncaught RangeError: no\nlast', 'Uncaught RangeError: no'],
    [
      'FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal\nError: last',
      'FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal',
    ],
  ])('shows the line of stderr that says most: %j', (stderr, line) => {
    const { text } = errors.startFailure(channel('process', 42), exit({ exitCode: 1, stderr }), setUp)
    expect(text).toBe(`Worker process 42 exited with code 1 before it could serve a call or while it ran the initializer ${setUp}: ${line}`) // prettier-ignore
  })

  test('is the one of the pool if a worker reports it', () => {
    const cause = new PoolError('Workers cannot be started from here.', { reason: 'broken' })
    expect(errors.initializerFailure(cause, setUp)).toEqual({ text: cause.message, cause })
  })

  test('says that later calls try again if no worker could be started', () => {
    const cause = new Error('no memory')
    const error = errors.noWorkerError({ text: 'It is out of memory.', cause })
    expect(error).toBeInstanceOf(PoolError)
    expect(error).toMatchObject({ message: 'No worker could be started for 30 s; later calls try again. It is out of memory.', reason: 'unavailable', cause }) // prettier-ignore
  })

  test('names the initializer if workers do not start', () => {
    const { text } = errors.startFailure(channel('thread', 42), exit({ exitCode: 3 }), setUp)
    expect(text).toBe(`Worker thread 42 exited with code 3 before it could serve a call or while it ran the initializer ${setUp}.`) // prettier-ignore
    expect(errors.startTimeoutFailure(90, setUp).text).toBe(
      `The initializer ${setUp} did not return within 90 ms (limit \`initTimeout: 90\`).`,
    )
  })

  test('shows a value that was thrown instead of an error when cloning failed', () => {
    const { message } = errors.cloneError(call(), Object.create(null))
    expect(message).toBe('Cannot send `args` of `job` of jobs.ts to a worker: [Object: null prototype] {}')
  })

  test('is a SerializationError if an argument cannot be cloned', () => {
    for (const reason of [new Error('no clone'), 'no clone']) {
      const error = errors.cloneError(call(), reason)
      expect(error).toBeInstanceOf(SerializationError)
      expect(error).toMatchObject({ message: 'Cannot send `args` of `job` of jobs.ts to a worker: no clone', path: 'args', cause: reason }) // prettier-ignore
    }
  })
})
