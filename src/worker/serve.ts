/**
 * The session: serves the calls of one channel until it is told to stop.
 *
 *   batch ──► queue ──► prepare ──────────► claim ──► run ──────► publish ──► next
 *                       (resolve, load)     (slots)   (as task)   (link)
 *
 * Calls start in the order they came. A call is claimed right before its body: until then the parent may take it back,
 * from then on it is ours, once. An outcome is published before the next body starts.
 */
import { CancelledError } from '../errors'
import { insideBody, moduleCodeHere, taskHere } from '../registry/current-task'
import { claimRealm } from '../registry/copies'
import type { ClassRef, MethodKey } from '../registry/keys'
import { endProcesses } from '../registry/own-processes'
import { role } from '../registry/role'
import { decodeTask, encodeTask } from '../registry/task-refs'
import { now, setImmediate } from '../utils/clock'
import { guard, reportFailure, useFailureHandler } from '../utils/failures'
import { useFunctionCodec } from '../wire/functions'
import {
  isLoneCall,
  MessageKind,
  type ControlMessage,
  type ParentMessage,
  type SessionSettings,
} from '../wire/messages'
import { monotonic } from '../wire/slots'
import type { Packed } from '../wire/values'
import '../queues/dummy-queue' // registers the classes of queues: they cross without a module to load
import '../sync/locks' // these as well
import { Context, runOutside } from '../utils/async-context'
import { abortFor } from './abort-reason'
import type { ParentChannel } from './parent-channel'
import { initialize, INITIALIZING } from './initialize'
import { isThenable } from './is-thenable'
import { MemoryWatch } from './memory-watch'
import { CallBacklog, type CallToRun, type KnownMethod } from './call-backlog'
import { runChunk } from './chunk'
import { crash } from './crash'
import { explainModuleCode } from './module-code'
import { configureModules, suspendModule } from './modules'
import { resolveClass, resolveMethod, type Resolved } from './resolve'
import { Requests } from './requests'
import { RunningTask, RunningTasks, type TaskHost } from './running-task'
import { Packer } from './packer'
import { WorkerStream } from './stream'
import { onUncaughtError } from './uncaught-errors'
import { unpackCall } from './unpack-call'
import { BusyPoller } from './busy-poller'

/** Calls that take no time are run in a row for at most this long, in ms; then other events get their turn. */
const ROW = 5
/** The clock is read every so many calls. */
const CLOCK_EVERY = 32

const NOTHING: Packed = { data: undefined, flags: 0 }

/** Starts to serve. The promise resolves when the session listens. */
export async function serve(channel: ParentChannel, settings: SessionSettings): Promise<void> {
  useFailureHandler((error) => crash(channel, error))
  const session = new Session(channel, settings)
  role.worker = {
    insideBody,
    suspend: suspendModule,
    depth: settings.depth,
    request: (service, body) => session.requests.request(service, body),
    tell: (service, body) => session.requests.tell(service, body),
  }
  claimRealm() // modules that bring a copy of the library get this one
  useFunctionCodec({ encode: encodeTask, decode: decodeTask })
  configureModules(settings.environment)
  onUncaughtError((error) => guard(() => session.uncaughtError(error)))
  await session.open().catch(reportFailure)
}

class Session {
  readonly requests: Requests
  readonly #channel: ParentChannel
  readonly #packer: Packer
  readonly #settings: SessionSettings
  readonly #backlog = new CallBacklog()
  readonly #memory: MemoryWatch
  readonly #tasks = new RunningTasks()
  readonly #streams = new Map<number, WorkerStream>()
  readonly #busyPoller = new BusyPoller()
  readonly #host: TaskHost
  #running = 0
  /** What the initializer gave. */
  #workerData: unknown
  #ready = false
  #broken = false
  #pumping = false

  constructor(channel: ParentChannel, settings: SessionSettings) {
    this.#channel = channel
    this.#packer = new Packer(channel.kind)
    this.requests = new Requests(channel)
    this.#settings = settings
    this.#host = { idBase: settings.idBase, report: (task, progress) => this.#report(task, progress) }
    this.#memory = new MemoryWatch(channel.kind, settings.maxMemory)
  }

  /** Runs the initializer, if there is one, and says that it serves. Messages wait meanwhile. */
  async open(): Promise<void> {
    this.#channel.listen((message) => guard(() => this.#receive(message)))
    const { initializer } = this.#settings
    try {
      if (initializer) this.#workerData = await initialize(initializer)
    } catch (error) {
      this.#break(this.#packer.thrown(error))
    }
    if (this.#broken) return
    this.#publish(MessageKind.Ready, 0, 0, NOTHING)
    this.#ready = true
    this.#pump()
  }

  /**
   * An error that no body's promise carries fails the call that set off what threw, if it runs, and none of its
   * successors. Of what nobody knows who set it off, it fails those that run. Else it is a warning.
   */
  uncaughtError(error: unknown): void {
    const packed = this.#packer.thrown(explainModuleCode(error, moduleCodeHere()))
    const task = taskHere()
    if (task === INITIALIZING && !this.#ready) {
      this.#break(packed)
      return
    }
    const struck = this.#tasks.all().filter((each) => task === undefined || each === task)
    if (struck.length === 0) this.#publish(MessageKind.Warning, 0, 0, packed)
    for (const each of struck) {
      if (each.element === undefined) this.#settle(each, MessageKind.Thrown, packed)
      else this.#failElement(each, each.element, packed)
    }
  }

  /** Nothing will be served. */
  #break(packed: Packed): void {
    if (!this.#broken) this.#publish(MessageKind.Broken, 0, 0, packed)
    this.#broken = true
  }

  #receive(message: ParentMessage): void {
    if (!Array.isArray(message)) {
      this.#control(message)
      return
    }
    const introduced = this.#backlog.add(message)
    if (message.length === 1) this.#prepareMethods(introduced)
    else this.#busyPoller.callsReceived(isLoneCall(message))
    this.#pump()
  }

  /** Methods without calls: a spare worker gets ready. What fails now is told by the first call. */
  #prepareMethods(methods: readonly KnownMethod[]): void {
    for (const method of methods) void this.#resolve(method).catch(() => undefined)
  }

  #control(message: ControlMessage): void {
    switch (message.type) {
      case 'abort':
        this.#abort(message)
        break
      case 'signal':
        void abortFor(message.reason, (reason) => {
          this.#tasks.get(message.sequence)?.abortSignal(message.signal, reason)
        })
        break
      case 'pull':
        this.#streams.get(message.sequence)?.pull(message.count)
        break
      case 'return':
        this.#streams.get(message.sequence)?.stop()
        break
      case 'response':
        this.requests.answered(message)
        break
      case 'stop':
        void endProcesses().then(() => process.exit(0))
    }
  }

  #abort({ sequence, reason, cause }: Extract<ControlMessage, { type: 'abort' }>): void {
    const abort = (options?: ErrorOptions): void =>
      this.#tasks.get(sequence)?.abort(new CancelledError(reason, options))
    if (cause === undefined) abort()
    else void abortFor(cause, (value) => abort({ cause: value }))
  }

  /** The outcome of one body starts the next: not in the context of the former. */
  #pump(): void {
    if (this.#pumping || !this.#ready) return
    this.#pumping = true
    runOutside(this.#beginAll, this)
  }

  #beginAll(): void {
    try {
      const began = now()
      for (let count = 1; this.#running < this.#settings.concurrency && !this.#backlog.empty; count++) {
        this.#startCall(this.#backlog.take())
        if (count % CLOCK_EVERY === 0 && now() - began > ROW) {
          setImmediate(() => guard(() => this.#pump()))
          break
        }
      }
    } finally {
      this.#pumping = false
    }
  }

  #startCall(call: CallToRun): void {
    this.#running += 1
    if (call.method.resolved && !call.extra?.classes) {
      this.#runCall(call, call.method.resolved)
      return
    }
    this.#channel.slots.markLoading(call.sequence)
    this.#prepare(call)
      .then(
        (resolved) => this.#runCall(call, resolved),
        (error: unknown) => this.#refuse(call, error),
      )
      .catch(reportFailure)
  }

  async #prepare(call: CallToRun): Promise<Resolved> {
    const resolved = await this.#resolve(call.method)
    for (const id of call.extra?.classes ?? []) await resolveClass(id)
    return resolved
  }

  async #resolve(method: KnownMethod): Promise<Resolved> {
    const { key, cls } = method.definition
    return (method.resolved = await resolveMethod(key as MethodKey, cls as ClassRef | null))
  }

  #refuse(call: CallToRun, error: unknown): void {
    if (this.#channel.slots.start(call.sequence))
      this.#publish(MessageKind.Thrown, call.sequence, 0, this.#packer.thrown(error))
    else this.#publish(MessageKind.Revoked, call.sequence, 0, NOTHING)
    this.#callEnded()
  }

  #runCall(call: CallToRun, resolved: Resolved): void {
    if (!this.#channel.slots.start(call.sequence)) {
      this.#publish(MessageKind.Revoked, call.sequence, 0, NOTHING)
      this.#callEnded()
      return
    }
    const task = new RunningTask(call.sequence, call.serial, call.method.definition.label, this.#host)
    task.started = this.#channel.slots.lastStart // the parent adds the duration to this very time
    this.#tasks.add(task)
    let returned: unknown
    try {
      returned = task.run(() => this.#runBody(call, resolved, task))
      if (isThenable(returned)) {
        returned.then(
          (value) => guard(() => this.#finish(task, value)),
          (error: unknown) => guard(() => this.#fail(task, error)),
        )
        return
      }
    } catch (error) {
      this.#fail(task, error) // of the body, or of a `then` that cannot be read or called
      return
    }
    this.#finish(task, returned)
  }

  #runBody(call: CallToRun, resolved: Resolved, task: RunningTask): unknown {
    const { self, args } = unpackCall(call, resolved, task)
    const { extra } = call
    if (extra?.workerData) args.push({ ...(args.pop() as object), workerData: this.#workerData })
    if (extra?.chunk) {
      const body = (each: unknown[]): unknown =>
        new Context().run(() => Reflect.apply(resolved.body, self, each) as unknown)
      return this.#chunk(task, extra.chunk, args, body)
    }
    const returned: unknown = Reflect.apply(resolved.body, self, args)
    return extra?.stream ? this.#stream(task, returned as AsyncGenerator<unknown>) : returned
  }

  #stream(task: RunningTask, values: AsyncGenerator<unknown>): Promise<unknown> {
    task.ordered = true
    const { slots } = this.#channel
    const stream = new WorkerStream(values, {
      emit: (value) => {
        if (this.#tasks.has(task))
          this.#publish(MessageKind.Item, task.sequence, 0, this.#packer.value(value, 'yielded', task), true)
      },
      run: (fn) => task.run(fn),
      pause: () => slots.pause(task.sequence),
      resume: () => slots.resume(task.sequence),
    })
    this.#streams.set(task.sequence, stream)
    return stream.run().finally(() => this.#streams.delete(task.sequence))
  }

  /** Runs the body for each element; what one gives is published before the next starts. */
  #chunk(
    task: RunningTask,
    width: number,
    args: unknown[],
    body: (args: unknown[]) => unknown,
  ): Promise<number> | number {
    task.ordered = true // the end must not overtake the elements
    let slow = false
    return runChunk(task, width, args, body, (index, kind, value) => {
      const packed =
        kind === MessageKind.Element ? this.#packer.result(task, value) : this.#packer.thrownBy(task, value)
      if (this.#tasks.has(task)) slow = this.#channel.publish(kind, task.sequence, index, packed, slow, false) || slow
    })
  }

  #report(task: RunningTask, progress: unknown): void {
    if (!this.#tasks.has(task)) return
    task.ordered = true
    this.#publish(MessageKind.Progress, task.sequence, 0, this.#packer.value(progress, 'progress', task), true)
  }

  #finish(task: RunningTask, value: unknown): void {
    try {
      this.#settle(task, MessageKind.Value, this.#packer.result(task, value))
    } catch (error) {
      this.#fail(task, error) // the result cannot cross
    }
  }

  #fail(task: RunningTask, error: unknown): void {
    this.#settle(task, MessageKind.Thrown, this.#packer.thrownBy(task, error))
  }

  /** It fails alone; the parent sees by the end of the chunk that those behind it have not run. */
  #failElement(task: RunningTask, index: number, packed: Packed): void {
    this.#publish(MessageKind.ElementThrown, task.sequence, index, packed, true)
    this.#settle(task, MessageKind.Value, this.#packer.value(index + 1, 'result', task))
  }

  /** Once a task: what a body does after a stray error settled it is nobody's. */
  #settle(task: RunningTask, kind: MessageKind, packed: Packed): void {
    if (!this.#tasks.has(task)) return
    const more = this.#settings.concurrency === 1 && !this.#backlog.empty
    this.#publish(kind, task.sequence, monotonic() - task.started, packed, task.ordered, more)
    this.#tasks.remove(task)
    this.#streams.get(task.sequence)?.stop() // a stray error has ended it
    task.isSettled = true
    if (this.#memory.passed()) this.#publish(MessageKind.OverMemory, 0, 0, NOTHING)
    this.#callEnded()
  }

  #callEnded(): void {
    this.#running -= 1
    this.#pump()
    if (this.#running === 0) this.#busyPoller.idle()
  }

  #publish(kind: MessageKind, sequence: number, duration: number, packed: Packed, ordered = false, more = false): void {
    this.#channel.publish(kind, sequence, duration, packed, ordered, more)
  }
}
