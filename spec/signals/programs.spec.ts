/** Programs that receive real signals. */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { LiveProgram } from '../support/live-program'

const { SIGHUP, SIGUSR2 } = constants.signals
jest.setTimeout(180_000)

describe.each([
  ['stage 3', 'signals.mts'],
  ['legacy', 'legacy/signals.mts'],
])('@sighandler (%s)', (dialect, file) => {
  const start = async (scenario: string, execArgv: readonly string[] = []): Promise<LiveProgram> => {
    const program = new LiveProgram(file, [scenario], execArgv)
    await program.printed('ready')
    return program
  }
  /** Sends each signal, and waits for the line that its handler prints. */
  const exchange = async (program: LiveProgram, ...steps: Array<[NodeJS.Signals, string]>): Promise<void> => {
    for (const [signal, line] of steps) {
      const times = program.lines.filter((each) => each === line).length
      program.signal(signal)
      await program.printed(line, times + 1)
    }
  }

  it('calls a static method with its class as `this` and the name and number of the signal', async () => {
    const program = await start('static')
    await exchange(program, ['SIGUSR2', `static SIGUSR2 ${SIGUSR2}`], ['SIGHUP', `static SIGHUP ${SIGHUP}`])
    await exchange(program, ['SIGHUP', `static SIGHUP ${SIGHUP}`])
  })

  it('replaces an earlier handler until it is removed; other listeners on `process` stay', async () => {
    const program = await start('replaced')
    await exchange(program, ['SIGHUP', 'later'], ['SIGALRM', 'taken down'], ['SIGHUP', 'earlier'])
    await program.printed('foreign', 2)
    expect(program.lines).toEqual(['ready', 'later', 'foreign', 'taken down', 'earlier', 'foreign'])
  })

  it('calls a method of an instance', async () => {
    const program = await start('instance')
    await exchange(program, ['SIGHUP', `one SIGHUP ${SIGHUP}`], ['SIGHUP', `one SIGHUP ${SIGHUP}`])
  })

  it('is removed when its instance is disposed', async () => {
    const program = await start('dispose')
    await exchange(program, ['SIGHUP', `two SIGHUP ${SIGHUP}`], ['SIGALRM', 'first'])
    await exchange(program, ['SIGHUP', 'one'], ['SIGALRM', 'disposed one'], ['SIGHUP', 'static'])
  })

  it('calls the method that the object has when the signal arrives; `sighandlers` adds and removes handlers', async () => {
    const program = await start('told')
    await exchange(program, ['SIGHUP', '!'], ['SIGALRM', 'taken down'], ['SIGHUP', 'second'])
    await exchange(program, ['SIGWINCH', 'put up'], ['SIGHUP', 'first'])
    expect(program.lines).toEqual(['ready', 'third', '!', 'taken down', 'second', 'put up', 'first'])
  })

  it('does not keep an instance alive; without a handler the signal has its default effect', async () => {
    const program = await start('garbage', ['--expose-gc'])
    program.signal('SIGHUP')
    await expect(program.end()).resolves.toEqual({ exitCode: null, signal: 'SIGHUP' })
  })

  it('turns an error into an uncaught exception with its stack, after the other listeners have run', async () => {
    const program = await start('throws')
    program.signal('SIGHUP')
    await expect(program.end()).resolves.toEqual({ exitCode: 1, signal: null })
    expect(program.lines).toEqual(['ready', 'foreign'])
    expect(program.stderr).toMatch(/RangeError: thrown by the handler\n\s+at .*handleBadly \(.*signals\.mts/)
  })

  it('turns a rejection into an uncaught exception with its stack', async () => {
    const program = await start('rejects')
    program.signal('SIGHUP')
    await expect(program.end()).resolves.toEqual({ exitCode: 1, signal: null })
    expect(program.lines).toEqual(['ready', 'uncaughtException'])
    expect(program.stderr).toMatch(/RangeError: rejected by the handler\n\s+at .*handleBadly \(.*signals\.mts/)
  })

  it('does nothing in workers', async () => {
    const program = await start('workers')
    expect(program.lines).toEqual(['1 0 0', 'ready'])
    await exchange(program, ['SIGUSR2', 'handled'])
  })

  it('runs for the instance that was constructed last; under legacy decorators, a warning says that this is not known', async () => {
    const program = await start('several')
    program.signal('SIGHUP')
    await program.printed(`two SIGHUP ${SIGHUP}`)
    if (dialect === 'legacy') {
      await program.printed(`one SIGHUP ${SIGHUP}`)
      await program.warned('SIGHUP was handed to 2 instances of Named')
    }
    expect(program.lines).toHaveLength(dialect === 'legacy' ? 3 : 2)
    expect(program.stderr.includes('PebbleSignalWarning')).toBe(dialect === 'legacy')
  })
})

it('the programs of both decorator dialects are the same', () => {
  const text = (file: string): string => readFileSync(join(__dirname, '../fixtures/programs', file), 'utf8')
  expect(text('legacy/signals.mts')).toBe(text('signals.mts'))
})
