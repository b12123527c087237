/** A worker that does what a spec says: for the dispatcher there is no other. */
import type { Channel, ChannelListener, WorkerExit } from '../../src/channel/channel'
import { Call, type CallLimits } from '../../src/dispatch/call'
import { Dispatcher, type DispatcherOptions } from '../../src/dispatch/dispatcher'
import { MethodUse } from '../../src/dispatch/method-use'
import { CALL_WIDTH, Kind, type ControlMessage, type ParentMessage, type WorkerMessage } from '../../src/wire/messages'
import { SharedSlots } from '../../src/wire/slots'

export class FakeWorker implements Channel {
  readonly kind = 'process'
  readonly id: number
  readonly slots = new SharedSlots()
  readonly sequences: number[] = []
  /** The first argument of every call that came here. */
  readonly names: unknown[] = []
  readonly controls: ControlMessage[] = []
  killed = false
  held = false
  readonly #listener: ChannelListener

  constructor(listener: ChannelListener, id: number) {
    this.#listener = listener
    this.id = id
  }

  send(message: ParentMessage): void {
    if (!Array.isArray(message)) {
      this.controls.push(message)
      return
    }
    for (let at = 1; at < message.length; at += CALL_WIDTH) {
      this.sequences.push(message[at] as number)
      this.names.push((message[at + 5] as unknown[])[0])
    }
  }

  drain(): void {}

  receive(): boolean {
    return !this.killed
  }

  hold(held: boolean): void {
    this.held = held
  }

  kill(): void {
    this.killed = true
  }

  serve(): this {
    this.#listener.message({ kind: Kind.Alive, sequence: 0, duration: 0, flags: 0, data: undefined })
    return this
  }

  /** Begins the body of that name. `false`: the call had been taken back. */
  start(name: unknown): boolean {
    return this.slots.start(this.#sequenceOf(name))
  }

  load(name: unknown): void {
    this.slots.loading(this.#sequenceOf(name))
  }

  finish(name: unknown, duration = 1, kind = Kind.Value): void {
    this.#listener.message({ kind, sequence: this.#sequenceOf(name), duration, flags: 0, data: `${String(name)}!` })
  }

  /** Begins and ends a body, or passes a call that had been taken back. */
  run(name: unknown, duration = 1): void {
    if (this.start(name)) this.finish(name, duration)
    else this.finish(name, 0, Kind.Skipped)
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

export class FakePool {
  readonly workers: FakeWorker[] = []
  readonly dispatcher: Dispatcher
  readonly method = new MethodUse({ index: 0, key: {}, cls: null, label: '`job` of jobs.ts' })

  constructor(options: Partial<DispatcherOptions> = {}) {
    this.dispatcher = new Dispatcher({
      name: 'fake',
      maxWorkers: 2,
      maxTasks: 0,
      startTimeout: Infinity,
      idleTimeout: Infinity,
      concurrency: 1,
      open: (listener) => {
        const worker = new FakeWorker(listener, 100 + this.workers.length)
        this.workers.push(worker)
        return worker
      },
      ...options,
    })
  }

  call(name: unknown, limits: CallLimits = {}): Call {
    const payload = {
      method: this.method,
      flags: 0,
      self: undefined,
      args: [name],
      extra: undefined,
      transfer: undefined,
    }
    const call = new Call({ kind: 'process', flavour: 'concurrent', number: 1, limits, payload, caller: undefined })
    this.dispatcher.submit(call)
    return call
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
