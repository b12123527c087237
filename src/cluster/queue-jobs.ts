/** The jobs of one queue on one worker machine: checks each job before its body starts, and reports how it ends. */
import { Call, CallState, foreignMethod, type DispatchedMethod } from '../dispatch/call'
import { retryCauseOf, type RetryCause } from '../dispatch/retries'
import { NotFoundError, PoolError, ProcessExpired } from '../errors'
import type { Pool } from '../pools/pool'
import { after, clearAfter, type Timer } from '../utils/after'
import { localName, mapStrings } from '../utils/portable-names'
import { summary } from '../utils/text'
import { packThrown, unpackThrown } from '../wire/errors'
import type { CallExtra } from '../wire/call-batch'
import { MessageKind, type WorkerMessage } from '../wire/messages'
import { NOT_STARTED } from '../wire/packed'
import { monotonic } from '../utils/clock'
import type { AllowedModules } from './allowed-modules'
import type { JobEnd, PickedJob, WorkerEngine, WorkerHandlers } from './engine'
import * as seal from './envelope'
import { mapNames } from './extra-names'
import { parseMessage, type Control, type Reply } from './replies'
import * as say from './sentences'
import { Starts } from './starts'
import { Throttle } from './throttle'
import { lostStarts, mayRestart, mayRetry, startsOf } from './verdict'

/** How long a job that this worker cannot run stays away from the workers, in ms. */
const REQUEUE_FOR = 1000
/** How long a body runs until its caller gets the message that it runs, in ms. */
const ANNOUNCE_AFTER = 20
const FENCED = { cause: 'lost', why: 'it could not renew its lease in time' } as const

export interface JobCounts {
  readonly running: number
  /** Calls whose outcome was recorded. */
  readonly done: number
  /** Calls that were refused before they started. */
  readonly refused: number
  /** Calls that were stopped because their lease was lost. */
  readonly lost: number
}

export interface QueueJobsOptions {
  readonly engine: WorkerEngine
  readonly queue: string
  /** The name of this machine. */
  readonly name: string
  readonly pool: Pool
  readonly secrets: seal.Secrets
  readonly allowed: AllowedModules
  /** The URL of the root folder. */
  readonly root: string
  /** The pool is broken: this machine can run no call any more. */
  readonly broken: (error: PoolError) => void
}

/** `until`: when its process must have ended. */
type LeasedExtra = CallExtra & { until: number }

/** A method by its names on this machine. */
type LocalMethod = Pick<seal.FarMethod, 'key' | 'cls'> & { readonly method: DispatchedMethod }

/** A job whose body runs. */
interface RunningJob {
  readonly call: Call
  readonly job: PickedJob
  readonly head: seal.CallHead
  readonly extra: LeasedExtra
  /** Why this machine stopped its body. */
  stopped?: { readonly cause: RetryCause; readonly why: string }
  readonly progress: Throttle<WorkerMessage>
  /** A renewal came after the end of its lease. */
  wasLate?: boolean
}

export class QueueJobs implements WorkerHandlers {
  readonly #options: QueueJobsOptions
  readonly #running = new Map<string, RunningJob>()
  readonly #starts: Starts
  readonly #methods = new WeakMap<seal.CallHead, LocalMethod>()
  #done = 0
  #refused = 0
  #lost = 0
  #stopTimer: Timer | undefined

  constructor(options: QueueJobsOptions) {
    this.#options = options
    this.#starts = new Starts(options.pool)
  }

  async run(job: PickedJob): Promise<JobEnd> {
    try {
      return await this.#check(job)
    } catch (error) {
      this.#refused += 1
      return this.#failed(job, error, false)
    }
  }

  recorded(job: PickedJob, end: JobEnd, again: boolean): void {
    if (end.type === 'requeue') return
    this.#done += 1
    const ended = { t: 'ended', id: job.id, a: startsOf(job) } as const
    if (again) this.#reply(job.data.c, { t: 'look', id: job.id })
    else this.#reply(job.data.c, { ...ended, o: end.outcome }, ended)
  }

  leaseRenewed(id: string, until: number): void {
    const running = this.#running.get(id)
    if (!running) return
    const { call, extra } = running
    running.wasLate ||= isOver(extra) // then its process has ended by itself, or ends now
    extra.until = until // the call may not have been sent yet
    call.worker?.channel.extendLease(call.sequence, until)
  }

  leaseLost(id: string): void {
    this.#stop(id, FENCED)
  }

  recovered(ids: readonly string[]): void {
    void this.#tellCallers(ids).catch(() => undefined) // replies are hints: the sweeps of the callers find it
  }

  control(text: string): void {
    const control = parseMessage<Control>(text)
    if (control?.t === 'cancel') this.#running.get(control.id)?.call.cancel()
  }

  /** Stops the bodies that still run after `ms`. */
  stopIn(ms: number): void {
    clearAfter(this.#stopTimer)
    this.#stopTimer = after(ms, () => {
      for (const id of this.#running.keys())
        this.#stop(id, { cause: 'lost', why: `it was shut down (limit \`drain: ${ms}\`)` })
    }).unref()
  }

  counts(): JobCounts {
    return { running: this.#running.size, done: this.#done, refused: this.#refused, lost: this.#lost }
  }

  /** Checks everything that must hold before the body of a job may start. */
  async #check(job: PickedJob): Promise<JobEnd> {
    const { secrets, queue, allowed, root } = this.#options
    if (job.outcome !== undefined) return seal.endOf(job.id, job.outcome, secrets)
    const envelope = job.data as seal.CallEnvelope
    const label = job.name ?? job.id
    if (!seal.isCall(envelope)) throw say.notACallError(label, queue)
    if (envelope.v !== seal.VERSION) return { type: 'requeue', delay: REQUEUE_FOR }
    if (!seal.isAuthentic(job.id, envelope, secrets)) throw say.unsignedError(label, queue)
    const head = seal.headOf(envelope)
    if (envelope.x !== null && this.#options.engine.time() > envelope.x) throw say.tooOldError(head.method.label)
    if (lostStarts(job) > 0 && !mayRestart(head.limits, job)) throw say.lostError(head.method.label, null)
    const { queueTimeout } = head.limits
    if (queueTimeout !== undefined && job.waited > queueTimeout && startsOf(job) === 1)
      throw say.queueTimeoutError(head.method.label, queueTimeout)
    const [flags, self, args, packedExtra] = seal.openCall(envelope)
    const { key, cls, method } = this.#localMethod(head)
    const extra: LeasedExtra = { ...mapNames(packedExtra, localName), id: job.id, root, until: job.until }
    const refused = allowed.refused(key, cls, extra)
    if (refused !== undefined) throw say.notAllowedError(head.method.label, refused, queue)
    if (job.until <= monotonic()) return { type: 'requeue', delay: 0 } // this machine was stopped, or the answer was late
    const payload = { method, flags, self, args, extra, transfer: undefined }
    return await this.#runBody(job, head, payload)
  }

  #localMethod(head: seal.CallHead): LocalMethod {
    let local = this.#methods.get(head)
    if (local === undefined) {
      const { key, cls, label } = mapStrings(head.method, localName)
      this.#methods.set(head, (local = { key, cls, method: foreignMethod({ key, cls, label }) }))
    }
    return local
  }

  async #runBody(
    job: PickedJob,
    head: seal.CallHead,
    payload: Call['payload'] & { extra: LeasedExtra },
  ): Promise<JobEnd> {
    const { timeout, grace } = head.limits
    const events: WorkerMessage[] = []
    const call = new Call({
      kind: 'process',
      flavour: 'concurrent',
      number: 0,
      limits: { timeout, grace },
      payload,
      caller: undefined,
      raw: true,
      onEvent: (message) => {
        if (message.kind === MessageKind.Progress) running.progress.push(message)
        else events.push(message)
      },
    })
    const progress = new Throttle<WorkerMessage>((message) => this.#progress(job, call, message))
    const running: RunningJob = { call, job, head, extra: payload.extra, progress }
    this.#running.set(job.id, running)
    const announce = after(ANNOUNCE_AFTER, () => this.#announce(job)).unref()
    try {
      this.#starts.push({ call, isStopped: () => running.stopped !== undefined })
      const message = (await call.future) as WorkerMessage
      return this.#ended(running, { message, events, worker: this.#options.name, pid: call.pid })
    } catch (error) {
      return this.#endedEarly(running, events, error)
    } finally {
      clearAfter(announce)
      progress.stop()
      if (this.#running.get(job.id) === running) this.#running.delete(job.id)
    }
  }

  /** The body has returned or thrown. */
  #ended({ job, head }: RunningJob, outcome: seal.Outcome): JobEnd {
    const { message } = outcome
    const failed = message.kind === MessageKind.Thrown
    const thrown = failed ? unpackThrown(structuredClone(message.data), message.flags, {}) : undefined
    const isOtherText = thrown instanceof NotFoundError && (message.flags & NOT_STARTED) !== 0
    if (isOtherText && head.method.key.byName === 'same') return { type: 'requeue', delay: REQUEUE_FOR }
    const sealed = seal.sealOutcome(job.id, outcome, this.#options.secrets, failed ? summary(thrown) : undefined)
    if (sealed.length > 2 * head.maxPayload) {
      const bytes = Buffer.byteLength(sealed)
      return this.#failed(
        job,
        seal.tooLarge(`the result of ${head.method.label}`, { byteLength: bytes } as never, head.maxPayload),
        false,
      )
    }
    return failed
      ? { type: 'failed', outcome: sealed, retry: mayRetry(job, head.limits, 'error') }
      : { type: 'finished', outcome: sealed }
  }

  /** The process died, a limit passed, or the call was cancelled. */
  #endedEarly(running: RunningJob, events: readonly WorkerMessage[], error: unknown): JobEnd {
    const { name, broken } = this.#options
    if (error instanceof PoolError && (error.reason === 'broken' || error.reason === 'unavailable')) {
      if (error.reason === 'broken') broken(error)
      return { type: 'requeue', delay: REQUEUE_FOR } // the body has not started: another machine can run it
    }
    const { job, head, stopped, call, extra, wasLate } = running
    const isFenced = error instanceof ProcessExpired && (wasLate || isOver(extra)) // its own watchdog has ended it
    const by = stopped ?? (isFenced ? FENCED : undefined)
    if (by)
      return this.#failed(job, say.fencedError(head.method.label, name, by.why), mayRetry(job, head.limits, by.cause))
    const cause = retryCauseOf(error, head.limits.timeout)
    return this.#failed(job, error, cause !== undefined && mayRetry(job, head.limits, cause), { events, pid: call.pid })
  }

  #failed(
    job: PickedJob,
    error: unknown,
    retry: boolean,
    { events = [], pid = null }: { events?: readonly WorkerMessage[]; pid?: number | null } = {},
  ): JobEnd {
    const { data, flags } = packThrown(error, { root: 'error', kind: 'process', far: true })
    const message: WorkerMessage = { kind: MessageKind.Thrown, sequence: 0, duration: 0, flags, data }
    const outcome = { message, events, worker: this.#options.name, pid }
    return { type: 'failed', outcome: seal.sealOutcome(job.id, outcome, this.#options.secrets, summary(error)), retry }
  }

  #stop(id: string, stopped: NonNullable<RunningJob['stopped']>): void {
    const running = this.#running.get(id)
    if (!running || running.call.state === CallState.Settled) return
    running.stopped = stopped
    this.#lost += 1
    running.call.cancel()
  }

  #announce(job: PickedJob): void {
    this.#reply(job.data.c, { t: 'active', id: job.id, w: this.#options.name, a: startsOf(job) })
  }

  #progress(job: PickedJob, { pid }: Call, message: WorkerMessage): void {
    const { secrets, name, engine } = this.#options
    const o = seal.sealOutcome(job.id, { message, events: [], worker: name, pid }, secrets)
    if (o.length < engine.longestReply) this.#reply(job.data.c, { t: 'progress', id: job.id, o })
    engine.progress(job.id, { o }).catch(() => undefined)
  }

  /** @param short sent instead if the reply is too long. The record has the rest */
  #reply(caller: string, reply: Reply, short?: Reply): void {
    const { engine } = this.#options
    const text = JSON.stringify(reply)
    if (text.length <= engine.longestReply) engine.reply(caller, text)
    else if (short) engine.reply(caller, JSON.stringify(short))
  }

  async #tellCallers(ids: readonly string[]): Promise<void> {
    for (const { id, data } of await this.#options.engine.read(ids)) if (data) this.#reply(data.c, { t: 'look', id })
  }
}

/** Whether the process of a job has to be gone. */
const isOver = ({ until }: LeasedExtra): boolean => until <= monotonic()
