/** A pool with fake workers, which do what a spec tells them. The dispatcher cannot tell them from real ones. */
import type { Channel, ChannelListener, WorkerExit } from '../../src/channel/channel'
import { Call, DispatchedMethod, type CallLimits, type CallSettings, type Payload } from '../../src/dispatch/call'
import { Dispatcher, type DispatcherOptions } from '../../src/dispatch/dispatcher'
import { CALL_WIDTH } from '../../src/wire/call-batch'
import { MessageKind, type ControlMessage, type ParentMessage, type WorkerMessage } from '../../src/wire/messages'
import { LIVE } from '../../src/wire/values'
import type { FakeClock } from '../support/clock'
import { SharedSlots, SlotState, type ParentSlots, type WorkerSlots } from '../../src/wire/slots'

/**
 * Slots as processes have them: each side writes its own word and reads the other's. If the worker acts in between, it
 * skips a call that the parent takes as started.
 */
class FakeSlotFile extends SharedSlots implements ParentSlots, WorkerSlots {
  /** Called between the parent's write and its read. */
  meanwhile = (): void => {}
  readonly #revoked = new Set<number>()

  override open(sequence: number): void {
    this.#revoked.delete(sequence)
    super.open(sequence)
  }

  override revoke(sequence: number): boolean {
    return this.revokeAll([sequence]).length === 1
  }

  override revokeAll(sequences: readonly number[]): number[] {
    const open = sequences.filter((sequence) => !this.#isClaimed(sequence))
    for (const sequence of open) {
      this.#revoked.add(sequence)
      this.meanwhile()
    }
    return open.filter((sequence) => !this.#isClaimed(sequence))
  }

  override start(sequence: number): boolean {
    super.start(sequence)
    return !this.#revoked.has(sequence)
  }

  #isClaimed(sequence: number): boolean {
    return this.state(sequence) === SlotState.Started
  }
}

export class FakeWorker implements Channel {
  readonly kind = 'process'
  readonly id: number
  readonly slots: SharedSlots & { meanwhile?: () => void }
  readonly sequences: number[] = []
  /** The first argument of every call that was sent to this worker. */
  readonly names: unknown[] = []
  readonly controls: ControlMessage[] = []
  /** Every message that was sent to this worker, with its transfer list. */
  readonly sent: Array<{ readonly message: ParentMessage; readonly transfer: readonly unknown[] | undefined }> = []
  /** Replaces structured clone: throws for a message that cannot be cloned. */
  clone = (_message: ParentMessage): void => {}
  killed = false
  isRef = false
  readonly #listener: ChannelListener
  /** Messages that the event loop has not read yet. */
  readonly #published: WorkerMessage[] = []

  constructor(listener: ChannelListener, id: number, slots: 'shared' | 'file' = 'shared') {
    this.#listener = listener
    this.slots = slots === 'shared' ? new SharedSlots() : new FakeSlotFile()
    this.id = id
  }

  send(message: ParentMessage, transfer?: readonly unknown[]): void {
    this.clone(message)
    this.sent.push({ message, transfer })
    if (!Array.isArray(message)) {
      this.controls.push(message)
      return
    }
    for (let at = 1; at < message.length; at += CALL_WIDTH) {
      this.sequences.push(message[at] as number)
      this.names.push((message[at + 5] as unknown[])[0])
    }
  }

  drain(): void {
    for (let next = this.#published.shift(); next; next = this.#published.shift()) this.#listener.message(next)
  }

  receive(): boolean {
    return !this.killed
  }

  extendLease(): void {}

  setRef(isRef: boolean): void {
    this.isRef = isRef
  }

  kill(): void {
    this.killed = true
  }

  serve(): this {
    this.#listener.message({ kind: MessageKind.Ready, sequence: 0, duration: 0, flags: 0, data: undefined })
    return this
  }

  /** Starts the body with that name. `false`: the call was revoked. */
  start(name: unknown): boolean {
    return this.slots.start(this.#sequenceOf(name))
  }

  load(name: unknown): void {
    this.slots.markLoading(this.#sequenceOf(name))
  }

  finish(name: unknown, duration = 1, kind = MessageKind.Value): void {
    this.publish(this.#sequenceOf(name), name, duration, kind)
    this.drain()
  }

  /** Sends an outcome that the parent does not read yet. */
  publish(sequence: number, name: unknown, duration = 1, kind = MessageKind.Value): void {
    this.#published.push({ kind, sequence, duration, flags: 0, data: `${String(name)}!` })
  }

  /** Starts and ends a body, or skips a revoked call. */
  run(name: unknown, duration = 1): void {
    if (this.start(name)) this.finish(name, duration)
    else this.finish(name, 0, MessageKind.Revoked)
  }

  message(message: WorkerMessage): void {
    this.#listener.message(message)
  }

  exit(exit: Partial<WorkerExit> = {}): void {
    this.#listener.exit({ exitCode: 1, signal: null, error: undefined, stderr: '', ...exit })
  }

  #sequenceOf(name: unknown): number {
    const sequence = this.sequences[this.names.lastIndexOf(name)]
    if (sequence === undefined)
      throw new Error(`${String(name)} was never sent to worker ${this.id}: ${this.names.join()}`)
    return sequence
  }
}

type Settings = Partial<Omit<CallSettings, 'payload'>> & { readonly payload?: Partial<Payload> }

export class FakePool {
  readonly workers: FakeWorker[] = []
  readonly dispatcher: Dispatcher
  readonly method = new DispatchedMethod({ index: 0, key: {}, cls: null, label: '`job` of jobs.ts' })

  constructor(options: Partial<DispatcherOptions> = {}, slots: 'shared' | 'file' = 'shared') {
    this.dispatcher = new Dispatcher({
      name: 'fake',
      maxWorkers: 2,
      maxTasks: 0,
      startTimeout: Infinity,
      idleTimeout: Infinity,
      concurrency: 1,
      open: (listener) => {
        const worker = new FakeWorker(listener, 100 + this.workers.length, slots)
        this.workers.push(worker)
        return worker
      },
      ...options,
    })
  }

  call(name: unknown, limits: CallLimits = {}, more: Settings = {}): Call {
    const payload = {
      method: this.method,
      flags: 0,
      self: undefined,
      args: [name],
      extra: undefined,
      transfer: undefined,
      ...more.payload,
    }
    const settings = { kind: 'process', flavour: 'concurrent', number: 1, limits, caller: undefined } as const
    const call = new Call({ ...settings, ...more, payload })
    this.dispatcher.submit(call)
    return call
  }

  /** A call whose payload needs structured clone. */
  live(name: unknown, transfer?: readonly unknown[]): Call {
    return this.call(name, {}, { payload: { flags: LIVE, transfer } })
  }

  calls(...names: unknown[]): Call[] {
    return names.map((name) => this.call(name))
  }

  worker(index: number): FakeWorker {
    const worker = this.workers[index]
    if (!worker) throw new Error(`No worker ${index} was started`)
    return worker
  }

  /** Waits until batches are sent. */
  async flushed(): Promise<this> {
    await new Promise((resolve) => setImmediate(resolve))
    return this
  }

  /** Runs a first call, so that one worker is ready and the method is expected to take `duration` ms. */
  async learned(duration: number): Promise<FakeWorker> {
    const call = this.call('first')
    const worker = this.worker(0).serve()
    worker.run('first', duration)
    await call.future
    return worker
  }
}

/** A pool with one ready worker, in which the method is expected to take `duration` ms. */
export async function readyPool(
  clock: FakeClock,
  duration = 0.01,
  options: Partial<DispatcherOptions> = {},
): Promise<{ pool: FakePool; worker: FakeWorker }> {
  const pool = new FakePool({ maxWorkers: 1, ...options })
  const worker = await pool.learned(duration)
  await clock.pass(10) // until `unref()`
  return { pool, worker }
}
