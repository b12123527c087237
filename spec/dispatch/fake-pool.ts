/** A worker that does what a spec says: for the dispatcher there is no other. */
import type { Channel, ChannelListener, WorkerExit } from '../../src/channel/channel'
import { Call, type CallLimits, type CallSettings, type Payload } from '../../src/dispatch/call'
import { Dispatcher, type DispatcherOptions } from '../../src/dispatch/dispatcher'
import { DispatchedMethod } from '../../src/dispatch/dispatched-method'
import {
  CALL_WIDTH,
  MessageKind,
  type ControlMessage,
  type ParentMessage,
  type WorkerMessage,
} from '../../src/wire/messages'
import { LIVE } from '../../src/wire/values'
import { SharedSlots, SlotState, type ParentSlots, type WorkerSlots } from '../../src/wire/slots'

/**
 * Slots as processes have them: both sides write their own word and read the other's. A worker that comes in between
 * takes a call for withdrawn that the parent believes started.
 */
class FakeSlotFile extends SharedSlots implements ParentSlots, WorkerSlots {
  /** Called while the parent waits between its word and its look. */
  meanwhile = (): void => {}
  readonly #withdrawn = new Set<number>()

  override open(sequence: number): void {
    this.#withdrawn.delete(sequence)
    super.open(sequence)
  }

  override revoke(sequence: number): boolean {
    return this.revokeAll([sequence]).length === 1
  }

  override revokeAll(sequences: readonly number[]): number[] {
    const open = sequences.filter((sequence) => !this.#isClaimed(sequence))
    for (const sequence of open) {
      this.#withdrawn.add(sequence)
      this.meanwhile()
    }
    return open.filter((sequence) => !this.#isClaimed(sequence))
  }

  override start(sequence: number): boolean {
    super.start(sequence)
    return !this.#withdrawn.has(sequence)
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
  /** The first argument of every call that came here. */
  readonly names: unknown[] = []
  readonly controls: ControlMessage[] = []
  /** All that was sent here, as it came, and what was moved with it. */
  readonly sent: Array<{ readonly message: ParentMessage; readonly transfer: readonly unknown[] | undefined }> = []
  /** What the runtime says to a message; it throws for one that cannot be cloned. */
  clone = (_message: ParentMessage): void => {}
  killed = false
  held = false
  readonly #listener: ChannelListener
  /** Published, and not yet read by the event loop. */
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

  setRef(held: boolean): void {
    this.held = held
  }

  kill(): void {
    this.killed = true
  }

  serve(): this {
    this.#listener.message({ kind: MessageKind.Ready, sequence: 0, duration: 0, flags: 0, data: undefined })
    return this
  }

  /** Begins the body of that name. `false`: the call had been taken back. */
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

  /** What the parent has not read yet. */
  publish(sequence: number, name: unknown, duration = 1, kind = MessageKind.Value): void {
    this.#published.push({ kind, sequence, duration, flags: 0, data: `${String(name)}!` })
  }

  /** Begins and ends a body, or passes a call that had been taken back. */
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
    if (sequence === undefined) throw new Error(`${String(name)} never came to worker ${this.id}: ${this.names.join()}`)
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

  /** A call whose payload only structured clone can carry. */
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

  /** Lets batches go. */
  async flushed(): Promise<this> {
    await new Promise((resolve) => setImmediate(resolve))
    return this
  }

  /** Makes one worker serve, and the method known as one that takes `duration` ms. */
  async learned(duration: number): Promise<FakeWorker> {
    const call = this.call('first')
    const worker = this.worker(0).serve()
    worker.run('first', duration)
    await call.future
    return worker
  }
}
