/**
 * The life of one worker machine:
 *
 *   connecting ──► ready ── signal ──► draining ──► ended      0: each body has ended by itself
 *                                         └── signal: bodies are stopped ──► 1       a third one: 1, at once
 */
import { QueueWorker } from '../../cluster/queue-worker'
import type { QueueWorkerOptions } from '../../cluster/worker-options'
import { after, clearAfter } from '../../utils/after'
import { summary } from '../../utils/text'
import { ExitCode } from '../command'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** A connection that takes longer is announced, in ms. */
const SLOW = 3000
/** A body has 1 s after SIGTERM; then its outcome has to be recorded. The program ends as soon after its work. In ms. */
const END_WITHIN = 3000

/** @param where the engine, for what is printed */
export async function runWorker(
  queues: readonly string[],
  options: QueueWorkerOptions,
  where: string,
): Promise<ExitCode> {
  const worker = new QueueWorker(queues, options)
  const signals = new SignalCount()
  try {
    const announce = after(SLOW, () =>
      say(`${worker.name} waits for ${where}: ${worker.problem() ?? 'it does not answer.'}`),
    )
    const isReady = await Promise.race([readyOrEnd(worker), signals.reach(1).then(() => false)])
    clearAfter(announce)
    if (!isReady) return endNow()
    say(`${worker.name} is ready: it takes calls of ${names(queues)} from ${where}.`)
    await signals.reach(1)
    return await drain(worker, signals)
  } finally {
    signals.close()
  }
}

/** An engine that refuses this program is not asked again. */
async function readyOrEnd(worker: QueueWorker): Promise<boolean> {
  try {
    await worker.ready()
    return true
  } catch (error) {
    process.stderr.write(`pebble-ts: ${summary(error)}\n`)
    return endNow()
  }
}

async function drain(worker: QueueWorker, signals: SignalCount): Promise<ExitCode> {
  const { running, lost } = worker.stats()
  say(`${worker.name} drains: ${calls(running)} left. The next signal stops them.`)
  const closed = worker.close()
  void signals.reach(2).then(() => {
    say(`${worker.name} stops: ${calls(worker.stats().running)} left.`)
    void worker.close({ drain: 0 })
    after(END_WITHIN, endNow)
  })
  void signals.reach(3).then(endNow)
  await closed
  const { done, lost: stopped } = worker.stats()
  const isClean = stopped === lost && signals.count === 1
  say(`${worker.name} has ended: ${calls(done)} done${isClean ? '' : `, ${stopped - lost} of them stopped`}.`)
  if (!isClean) return endNow()
  after(END_WITHIN, () => process.exit(ExitCode.Fine)).unref() // whatever a library holds
  return ExitCode.Fine
}

/** Does not wait for an engine that does not answer. The processes of the bodies end with this one. */
function endNow(): never {
  process.exit(ExitCode.Wrong)
}

/** Counts the signals that ask this program to end. */
class SignalCount {
  count = 0
  readonly #waiting: Array<{ readonly count: number; readonly resolve: () => void }> = []

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#received)
  }

  /** Resolves with the signal of that number. */
  reach(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve })
    })
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#received)
  }

  readonly #received = (): void => {
    this.count += 1
    for (const { count, resolve } of this.#waiting) if (count === this.count) resolve()
  }
}

const names = (queues: readonly string[]): string => queues.map((queue) => `'${queue}'`).join(', ')
const calls = (count: number): string => `${count} call${count === 1 ? '' : 's'}`

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
