/** The doctor's side of the examining process: starts it, asks it, and replaces it if it ended. */
import { fork, type ChildProcess } from 'node:child_process'
import type { ModuleRef } from '../../registry/keys'
import { after, clearAfter } from '../../utils/after'
import { ownFile } from '../../utils/location'
import type { AnswerTo, Examine, Examined, Question, Result, Examination } from './examination'
import type { Loader } from './loader'

/** An answer is late after the limit of the question and this, in ms: a worker has to start and to end. */
const MARGIN = 20_000
/** The same for the program itself, which answers at the limit if it can. */
const PROGRAM_MARGIN = 2_000
/** A process that does not end by itself is killed after this time, in ms. */
const KILLED_AFTER = 2_000

export interface ExaminerOptions {
  readonly module: ModuleRef
  readonly loader: Loader
  /** How long one step may take in a worker, in ms. */
  readonly timeout: number
}

export class Examiner {
  readonly #options: ExaminerOptions
  #child: ChildProcess | undefined
  #asked = 0

  constructor(options: ExaminerOptions) {
    this.#options = options
  }

  /** Asks one question at a time. Resolves also if the process ends or does not answer. */
  async ask<S extends Examination>(step: S, question: Question<S>): Promise<Result<AnswerTo<S>>> {
    const child = (this.#child ??= start(this.#options.loader))
    const { module, timeout } = this.#options
    const message: Examine = { id: (this.#asked += 1), step, question, module, timeout }
    // The program itself cannot stop an import that loops.
    const limit = timeout + (question.in === 'program' ? PROGRAM_MARGIN : MARGIN)
    const result = await answered(child, message, limit)
    if (child.exitCode !== null || child.signalCode !== null) this.#child = undefined
    return result as Result<AnswerTo<S>>
  }

  /** Ends the process, and resolves when it has ended. */
  async close(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const timer = after(KILLED_AFTER, () => child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.connected) child.disconnect()
    await ended
    clearAfter(timer)
  }
}

/** What a module prints must not mix with the report, so stdout is the doctor's stderr. */
function start({ execArgv, env }: Loader): ChildProcess {
  const { PEBBLE_EAGER: _eager, ...inherited } = process.env // eager calls would run here
  return fork(ownFile('cli', 'doctor', 'examine.js'), {
    execArgv: [...process.execArgv, ...execArgv],
    env: { ...inherited, ...env },
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
  })
}

function answered(child: ChildProcess, message: Examine, limit: number): Promise<Result<unknown>> {
  return new Promise((resolve) => {
    let isLate = false
    const timer = after(limit, () => {
      isLate = true
      child.kill('SIGKILL') // its workers end when they lose it
    })
    const settle = (result: Result<unknown>): void => {
      clearAfter(timer)
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      resolve(result)
    }
    const onMessage = (examined: Examined): void => {
      if (examined.id === message.id) settle(examined)
    }
    const onExit = (exitCode: number | null, signal: string | null): void => {
      const how = isLate ? 'timeout' : 'crashed'
      settle({ failure: { how, text: `it ended with ${signal ?? `exit code ${exitCode}`}`, exitCode, signal } })
    }
    const onError = ({ message: text }: Error): void => settle({ failure: { how: 'crashed', text } })
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    child.send(message, () => {}) // if it fails, the exit is reported
  })
}
