/** What `pebble-ts queue` does with a queue. */
import type { QueuePoolOptions } from '../../cluster/queue-options'
import { QueuePool } from '../../cluster/queue-pool'
import { PoolError } from '../../errors'
import { after, clearAfter } from '../../utils/after'
import { summary } from '../../utils/text'
import { ExitCode } from '../command'

export type Action = 'stats' | 'failed' | 'retry' | 'forget'

/** How long the engine may take to answer, in ms. */
const ANSWER_WITHIN = 10_000

export interface ActionInput {
  readonly id: string
  readonly options: QueuePoolOptions
}

export async function runAction(action: Action, queue: string, { id, options }: ActionInput): Promise<ExitCode> {
  const pool = new QueuePool(queue, options)
  const timer = after(ANSWER_WITHIN, () => {
    process.stderr.write(`pebble-ts: The queue has not answered within ${ANSWER_WITHIN} ms.\n`)
    process.exit(ExitCode.Wrong)
  })
  try {
    await pool.ready().finally(() => clearAfter(timer))
    await actions[action](pool, id)
    return ExitCode.Fine
  } catch (error) {
    process.stderr.write(`pebble-ts: ${summary(error)}\n`)
    return ExitCode.Wrong
  } finally {
    pool.stop()
    await pool.join()
  }
}

const actions: Readonly<Record<Action, (pool: QueuePool, id: string) => Promise<void>>> = {
  async stats(pool) {
    const { queue } = await pool.refresh()
    if (queue === null) throw new PoolError('The queue has told nothing.')
    const { waiting, active, delayed, failed, workers } = queue
    print(`waiting ${waiting}\nactive  ${active}\ndelayed ${delayed}\nfailed  ${failed}\nworkers ${workers}`)
  },

  async failed(pool) {
    for await (const { id, name, worker, error } of pool.failed()) {
      print([id, name, worker ?? '-', summary(error)].join('\t'))
    }
  },

  async retry(pool, id) {
    await pool.retry(id)
    print(`${id} has run again, and finished.`)
  },

  async forget(pool, id) {
    await pool.forget(id)
    print(`${id} is forgotten.`)
  },
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
