/** Programs that end while calls are running. */
import { runProgram, type Outcome } from '../support/program'
import { lines, scratchFile } from '../support/gate'
import '../support/setup'

async function run(way: string): Promise<Outcome & { log: string[] }> {
  const log = scratchFile()
  const outcome = await runProgram('daemon.mts', { env: { WAY: way, LOG: log } })
  return { ...outcome, log: lines(log) }
}

describe('`daemon: false`', () => {
  test('makes process.exit() wait for the call in a process; a default call ends with the program', async () => {
    const { exitCode, log, stderr } = await run('exit')
    expect(log.sort()).toEqual(['awaited ends', 'awaited starts', 'daemon starts'])
    expect(exitCode).toBe(5)
    expect(stderr).toBe('awaited says so\n')
  })

  test('makes an uncaught exception wait for the call', async () => {
    const { exitCode, log, stderr } = await run('throw')
    expect(log.sort()).toEqual(['awaited ends', 'awaited starts', 'daemon starts'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('Error: the end')
  })

  test('takes effect with the call, before its worker has started', async () => {
    const { exitCode, log } = await run('at once')
    expect(log).toEqual(['awaited starts', 'awaited ends'])
    expect(exitCode).toBe(5)
  })

  test('includes calls that wait in the queue', async () => {
    const { log } = await run('queued')
    expect(log).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} starts`, `${name} ends`]))
  })

  test('waits no longer than the `timeout` of the call', async () => {
    const { exitCode, log, afterLastOutput } = await run('limited')
    expect(log).toEqual(['limited starts'])
    expect([exitCode, afterLastOutput < 20_000]).toEqual([5, true])
  })

  test('does not wait for a process that dies', async () => {
    const { exitCode, log } = await run('dies')
    expect(log).toEqual(['dies starts'])
    expect(exitCode).toBe(5)
  })

  test('does not wait for a stream, whose reader does not run any more', async () => {
    const { exitCode, log } = await run('stream')
    expect(log).toEqual(['stream starts'])
    expect(exitCode).toBe(5)
  })

  test('has no effect on a thread, which ends with its program', async () => {
    const { exitCode, log } = await run('thread')
    expect(log).toEqual(['thread starts'])
    expect(exitCode).toBe(5)
  })

  test('is not needed in a program that ends by itself: it waits for all calls', async () => {
    const { exitCode, log } = await run('end')
    expect(log).toEqual(['awaited starts', 'awaited ends'])
    expect(exitCode).toBe(0)
  })
})
