/**
 * The process that examines a module: the program whose workers import it. It has the flags and the loader that the
 * user's program has, its output goes to stderr, and what kills it does not kill the doctor.
 */
import { ProcessExpired, ThreadExpired, TimeoutError } from '../../errors'
import type { AnyFunction } from '../../pools/pool-options'
import { ProcessPool } from '../../pools/process-pool'
import { ThreadPool } from '../../pools/thread-pool'
import { guard } from '../../utils/failures'
import { summary } from '../../utils/text'
import type { Examine, Examined, Failure, Question, Result } from './examination'
import { importAsProgram, listingOf } from './listing'
import { inspectClasses, listMethods, probeMethods } from './probe'
import type { Kind } from './report'

process.on('message', (message: Examine) => {
  void examine(message).then((result) => answer({ id: message.id, ...result }))
})
process.on('disconnect', () => process.exit()) // the doctor is gone, or has all answers

function answer(examined: Examined): void {
  guard(() => process.send?.(examined))
}

async function examine({ step, question, module, timeout }: Examine): Promise<Result<unknown>> {
  try {
    if (step === 'list') {
      const { in: place } = question as Question<'list'>
      if (place !== 'program') return { answer: await run(place, listMethods, [module], timeout) }
      return { answer: listingOf(module, await importAsProgram(module, timeout)) }
    }
    if (step === 'probe') {
      const { in: kind, keys } = question as Question<'probe'>
      return { answer: await run(kind, probeMethods, [module, keys], timeout) }
    }
    const { in: kind, keys, construct } = question as Question<'inspect'>
    return { answer: await run(kind, inspectClasses, [module, keys, { kind, construct }], timeout) }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

/** Runs a task in a worker of its own: no other task has loaded anything there. */
async function run(kind: Kind, task: AnyFunction, args: unknown[], timeout: number): Promise<unknown> {
  const pool = kind === 'thread' ? new ThreadPool({ maxWorkers: 1 }) : new ProcessPool({ maxWorkers: 1 })
  try {
    return await pool.schedule(task, { args, timeout })
  } finally {
    pool.stop({ force: true })
    await pool.join()
  }
}

function failureOf(error: unknown): Failure {
  const text = summary(error)
  if (error instanceof TimeoutError) return { how: 'timeout', text }
  if (error instanceof ThreadExpired) return { how: 'exited', text, exitCode: error.exitCode, signal: null }
  if (error instanceof ProcessExpired) {
    return { how: 'exited', text, exitCode: error.exitCode, signal: error.signal }
  }
  return { how: 'threw', text }
}
