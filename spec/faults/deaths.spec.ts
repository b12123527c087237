import { futureOf, ProcessExpired, ThreadExpired, type ProcessFuture } from 'pebble-ts'
import { faults } from '../fixtures/faults'
import { Gate } from '../support/gate'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { stderr } from '../support/stderr'
import { failure, settled } from '../support/until'

useSoloPools({ resourceLimits: { maxOldGenerationSizeMb: 40 } })

let written: () => string
beforeEach(() => (written = stderr()))

/** Waits for a call whose process dies, and for a call that the next process runs. */
async function endOf(call: Promise<unknown>): Promise<{ error: ProcessExpired; pid: number | null }> {
  const future = futureOf(call) as ProcessFuture<unknown>
  const error = await failure<ProcessExpired>(future)
  expect(error).toBeInstanceOf(ProcessExpired)
  expect(error).toMatchObject({ name: 'ProcessExpired', code: 'ERR_PEBBLE_PROCESS_EXPIRED', pid: future.pid })
  expect(error.pid).toBeGreaterThan(1)
  expect((await settled(faults.process.where())).pid).not.toBe(error.pid)
  return { error, pid: future.pid }
}

describe('a process that dies in a body', () => {
  test('by SIGKILL', async () => {
    const { error, pid } = await endOf(faults.process.die('SIGKILL'))
    expect(error).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    expect(error.message).toBe(`Worker process ${pid} was ended by SIGKILL while it ran \`die\` of faults.ts.`)
  })

  test('by SIGKILL from outside', async () => {
    const gate = new Gate()
    const call = faults.process.hold(gate.path)
    await gate.whenArrived()
    process.kill(gate.pids[0] as number, 'SIGKILL')
    expect((await endOf(call)).error).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })

  test('while it writes a large result', async () => {
    const { error } = await endOf(faults.process.dieWithinAResult())
    expect(error).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })

  test('by process.exit(7)', async () => {
    const { error, pid } = await endOf(faults.process.die('exit'))
    expect(error).toMatchObject({ exitCode: 7, signal: null })
    expect(error.message).toBe(`Worker process ${pid} exited with code 7 while it ran \`die\` of faults.ts.`)
  })

  test('by process.exit() a moment later', async () => {
    expect((await endOf(faults.process.dieLater())).error).toMatchObject({ exitCode: 9, signal: null })
  })

  test('by process.abort()', async () => {
    expect((await endOf(faults.process.die('abort'))).error).toMatchObject({ exitCode: null, signal: 'SIGABRT' })
  })

  test('by heap exhaustion', async () => {
    const { error } = await endOf(faults.process.die('heap'))
    expect(error.message).toMatch(/ran out of memory/)
    expect(error.message).toMatch(/JavaScript heap out of memory/) // its own message
    expect(error.exitCode !== null || error.signal !== null).toBe(true)
  })

  test('has the last lines of its stderr in the message', async () => {
    const { error } = await endOf(faults.process.speakAndDie('these are my last words'))
    expect(error.exitCode).toBe(3)
    expect(error.message).toMatch(/The last lines of its stderr:\nthese are my last words$/)
    expect(written()).toBe('these are my last words\n') // and they were passed on
  })
})

test('a process that dies while large arguments are written to it is replaced, and they are sent again', async () => {
  const { pid } = await settled(faults.process.where())
  const bytes = new Uint8Array(30_000_000).fill(7)
  const call = faults.process.lastOf(bytes)
  process.kill(pid, 'SIGKILL')
  bytes.fill(8)
  expect(await settled(call)).toBe(7)
  expect((await settled(faults.process.where())).pid).not.toBe(pid)
})

describe('a thread that dies in a body', () => {
  async function endOf(call: Promise<unknown>): Promise<ThreadExpired> {
    const error = await failure<ThreadExpired>(call)
    expect(error).toBeInstanceOf(ThreadExpired)
    expect(error).toMatchObject({ name: 'ThreadExpired', code: 'ERR_PEBBLE_THREAD_EXPIRED' })
    expect(error.threadId).toBeGreaterThan(0)
    const next = await settled(faults.thread.where())
    expect(next.threadId).not.toBe(error.threadId)
    expect(next.pid).toBe(process.pid)
    return error
  }

  test('by process.exit(7)', async () => {
    const error = await endOf(faults.thread.die('exit'))
    expect(error.exitCode).toBe(7)
    expect(error.message).toBe(`Worker thread ${error.threadId} exited with code 7 while it ran \`die\` of faults.ts.`)
  })

  test('by process.exit() a moment later', async () => {
    expect((await endOf(faults.thread.dieLater())).exitCode).toBe(9)
  })

  test('by heap exhaustion', async () => {
    const error = await endOf(faults.thread.die('heap'))
    expect(error.message).toMatch(/ran out of memory/)
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ERR_WORKER_OUT_OF_MEMORY')
  })

  test('but not by process.abort(), which threads do not have', async () => {
    const error = await failure<NodeJS.ErrnoException>(faults.thread.die('abort'))
    expect(error.code).toBe('ERR_WORKER_UNSUPPORTED_OPERATION')
  })
})

forEachKind('the error of a worker that died', (kind) => {
  test('says where the call was made', async () => {
    const error = await failure(faults[kind].die('exit'))
    expect(error.stack).toMatch(/deaths\.spec\.ts:\d+/)
  })

  test('fails the call that was running, and no other', async () => {
    const calls = [faults[kind].where(), faults[kind].die('exit'), faults[kind].where(), faults[kind].where()]
    const outcomes = await settled(Promise.allSettled(calls))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })

  test('leaves the large arguments of the next calls as they were', async () => {
    const bytes = new Uint8Array(1_000_000).fill(7)
    expect(await settled(faults[kind].lastOf(bytes))).toBe(7)
    const calls = [faults[kind].die('exit'), faults[kind].lastOf(bytes), faults[kind].lastOf(bytes)]
    bytes.fill(8)
    const [died, ...others] = await settled(Promise.allSettled(calls))
    expect(died?.status).toBe('rejected')
    expect(others).toEqual([7, 7].map((value) => ({ status: 'fulfilled', value })))
  })
})
