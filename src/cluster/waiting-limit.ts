/** Applies `queueTimeout` to the calls of one caller. */
import { CallState } from '../dispatch/call'
import type { CallLedger } from '../dispatch/call-ledger'
import { after, clearAfter } from '../utils/after'
import type { CallerEngine } from './engine'
import type { QueueCall } from './queue-call'
import { queueTimeoutError } from './sentences'
import { startsOf } from './verdict'

/** The pause until a call that has waited too long, but could not be removed, is looked at again, in ms. It doubles. */
const LOOK_AGAIN = 1000
const LONGEST_PAUSE = 30_000

interface WaitingLimitHooks {
  /** How many calls of this caller wait for the job. */
  shared(id: string): number
  /** Lets no job of the id be added until it is removed. */
  removing(id: string, removal: () => Promise<boolean>): Promise<boolean>
  lookAt(ids: readonly string[]): void
  /** What may be wrong with the workers, as the end of a sentence. */
  hint(): Promise<string>
}

export class WaitingLimit {
  readonly #engine: Pick<CallerEngine, 'read' | 'remove'>
  readonly #ledger: Pick<CallLedger, 'fail'>
  readonly #hooks: WaitingLimitHooks

  constructor(
    engine: Pick<CallerEngine, 'read' | 'remove'>,
    ledger: Pick<CallLedger, 'fail'>,
    hooks: WaitingLimitHooks,
  ) {
    this.#engine = engine
    this.#ledger = ledger
    this.#hooks = hooks
  }

  /** Fails the call if it has not started after `ms`. */
  watch(call: QueueCall, ms: number, pause = LOOK_AGAIN): void {
    const timer = after(ms, () => void this.#passed(call, pause))
    call.whenSettled(() => clearAfter(timer))
  }

  /** A call that may have started is not removed: its record shows its end. If it was given back, it is removed later. */
  async #passed(call: QueueCall, pause: number): Promise<void> {
    if (call.state === CallState.Settled || call.running()) return
    const isShared = this.#hooks.shared(call.id) > 1
    if (call.isAdded && !isShared && !(await this.#remove(call.id))) {
      this.#hooks.lookAt([call.id])
      if (!call.future.done()) this.watch(call, pause, Math.min(2 * pause, LONGEST_PAUSE))
      return
    }
    const hint = call.isAdded ? await this.#hooks.hint() : ''
    this.#ledger.fail(call, queueTimeoutError(call.label, call.limits.queueTimeout as number, hint))
  }

  async #remove(id: string): Promise<boolean> {
    return await this.#hooks.removing(id, () => this.#removeUnstarted(id)).catch(() => false)
  }

  async #removeUnstarted(id: string): Promise<boolean> {
    const [record] = await this.#engine.read([id])
    return record?.state === 'waiting' && startsOf(record) === 0 && (await this.#engine.remove(id))
  }
}
