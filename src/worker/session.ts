/** The session: receives the messages of the parent, starts calls, and publishes their outcomes. `serve.ts` has the diagram. */
import { moduleCodeHere, taskHere } from '../registry/current-task'
import type { FieldSourceRef } from '../registry/field-sources'
import type { ClassRef, MethodKey } from '../registry/keys'
import { endProcesses } from '../registry/own-processes'
import { disposeAtStop, runStopHooks } from '../registry/stop-hooks'
import { runOutside } from '../utils/async-context'
import { monotonic, setImmediate } from '../utils/clock'
import { storeCompiled } from '../utils/compiled'
import { guard, reportFailure } from '../utils/failures'
import { setRoot } from '../utils/portable-names'
import { isLoneCall, type CallBatch } from '../wire/call-batch'
import { MessageKind, type ControlMessage, type ParentMessage, type SessionSettings } from '../wire/messages'
import { NOT_STARTED } from '../wire/packed'
import type { Packed } from '../wire/values'
import { abortArgument, abortTask } from './aborts'
import { BodyRunner, isThenable, Packer } from './body-runner'
import { BusyPoller } from './busy-poller'
import { CallBacklog, RunningTask, RunningTasks, type CallToRun, type KnownMethod } from './calls'
import { initialize, INITIALIZING } from './initialize'
import { openFields } from './injected-fields'
import { MemoryWatch } from './memory-watch'
import { explainModuleCode } from './module-code'
import type { ParentChannel } from './parent-channel'
import { Requests } from './requests'
import { classOf, resolveClass, resolveMethod, type Resolved } from './resolve'
import { releaseLease } from './watchdog'

/** Calls that take no time run one after the other for at most this long, in ms. Then other events get their turn. */
const MAX_BURST = 5
/** The clock is read once per this many calls. */
const CLOCK_EVERY = 32

const NOTHING: Packed = { data: undefined, flags: 0 }

/**
 *   Initializing ──► Idle ◄──► StartingCalls
 *        │
 *        └─► Broken   the initializer failed: no call will run
 */
const enum SessionState {
  /** The initializer runs. Calls wait in the backlog. */
  Initializing,
  /** Ready; no call is being started at this moment, though bodies may run. */
  Idle,
  /** Calls of the backlog are being started. A call that settles meanwhile must not start them a second time. */
  StartingCalls,
  Broken,
}

export class Session {
  readonly requests: Requests
  readonly #channel: ParentChannel
  readonly #settings: SessionSettings
  readonly #packer: Packer
  readonly #bodies: BodyRunner
  readonly #memory: MemoryWatch
  readonly #backlog = new CallBacklog()
  readonly #tasks = new RunningTasks()
  readonly #busyPoller = new BusyPoller()
  #state = SessionState.Initializing
  /** Calls that were taken from the backlog and have no outcome yet. */
  #running = 0

  constructor(channel: ParentChannel, settings: SessionSettings) {
    this.#channel = channel
    this.#settings = settings
    this.requests = new Requests(channel)
    this.#packer = new Packer(channel.kind)
    this.#bodies = new BodyRunner(channel, this.#packer, this.#tasks, settings.idBase)
    this.#memory = new MemoryWatch(channel.kind, settings.maxMemory)
  }

  /** Runs the initializer, if there is one, and reports that the worker is ready. Calls that arrive meanwhile wait. */
  async open(): Promise<void> {
    this.#channel.listen((message) => this.#received(message))
    const { initializer } = this.#settings
    try {
      if (initializer) this.#bodies.workerData = disposeAtStop(await initialize(initializer))
    } catch (error) {
      this.#break(this.#packer.thrown(error))
    }
    if (this.#state === SessionState.Broken) return
    this.#publish(MessageKind.Ready)
    this.#state = SessionState.Idle
    this.#startCalls()
  }

  /**
   * Handles an error that was thrown outside of the promise of a body, for instance by a timer. If its source is known, the call that caused it fails, provided
   * that it still runs. If the source is unknown, all running calls fail. If no call fails, the error becomes a warning.
   */
  uncaughtError(error: unknown): void {
    const packed = this.#packer.thrown(explainModuleCode(error, moduleCodeHere()))
    const source = taskHere()
    const isReady = this.#state === SessionState.Idle || this.#state === SessionState.StartingCalls
    if (source === INITIALIZING && !isReady) return void this.#break(packed)
    const failing = this.#tasks.all().filter((task) => source === undefined || task === source)
    if (failing.length === 0) this.#publish(MessageKind.Warning, packed)
    for (const task of failing) {
      if (task.element === undefined) this.#settle(task, MessageKind.Thrown, packed)
      else this.#failElement(task, task.element, packed)
    }
    this.#startCalls()
  }

  #break(packed: Packed): void {
    if (this.#state !== SessionState.Broken) this.#publish(MessageKind.Broken, packed)
    this.#state = SessionState.Broken
  }

  /** Called in an event of the port or pipe, which has no async context of a body. So calls start without `runOutside`. */
  #received(message: ParentMessage): void {
    try {
      if (Array.isArray(message)) this.#callsReceived(message)
      else this.#control(message)
    } catch (error) {
      reportFailure(error)
    }
  }

  #callsReceived(batch: CallBatch): void {
    const announced = this.#backlog.add(batch)
    if (batch.length === 1) this.#prepareMethods(announced)
    else this.#busyPoller.callsReceived(isLoneCall(batch))
    if (this.#state === SessionState.Idle) this.#startWaitingCalls()
  }

  /** Imports the modules of methods ahead of any call, in a spare worker. If that fails, the first call reports it. */
  #prepareMethods(methods: readonly KnownMethod[]): void {
    for (const method of methods) void this.#resolve(method).catch(() => undefined)
  }

  /** The channel handles `end` itself (`thread-entry.ts`). */
  #control(message: ControlMessage): void {
    switch (message.type) {
      case 'abort':
        abortTask(this.#tasks, message)
        break
      case 'signal':
        abortArgument(this.#tasks, message)
        break
      case 'pull':
        this.#bodies.pullStream(message.sequence, message.count)
        break
      case 'return':
        this.#bodies.stopStream(message.sequence)
        break
      case 'response':
        this.requests.answered(message)
        break
      case 'stop':
        void runStopHooks()
          .then(endProcesses)
          .then(() => process.exit(0))
    }
  }

  /** Starts the next calls, outside the context of the body that has ended. Without any, the worker is idle. */
  #startCalls(): void {
    if (this.#state !== SessionState.Idle) return
    if (!this.#backlog.empty) runOutside(this.#startWaitingCalls, this)
    else if (this.#running === 0) this.#busyPoller.idle()
  }

  /** A loop: a call whose body is synchronous is over when `#runCall` returns, so its end does not start the next one. */
  #startWaitingCalls(): void {
    this.#state = SessionState.StartingCalls
    let began = 0
    try {
      for (let count = 1; this.#running < this.#settings.concurrency && !this.#backlog.empty; count++) {
        const call = this.#backlog.take()
        this.#running += 1
        if (count === 2) began = monotonic() // the clock is read from the second call on: mostly there is none
        if (call.method.resolved && !call.extra?.classes && !call.extra?.fields)
          this.#runCall(call, call.method.resolved)
        else this.#loadAndRun(call)
        if (count % CLOCK_EVERY === 0 && monotonic() - began > MAX_BURST) {
          this.#channel.flush() // what the user's code left behind runs now, and may never yield
          setImmediate(() => guard(() => this.#startCalls()))
          break
        }
      }
    } finally {
      this.#state = SessionState.Idle
      if (this.#running === 0) this.#busyPoller.idle()
    }
  }

  #loadAndRun(call: CallToRun): void {
    this.#channel.slots.markLoading(call.sequence)
    this.#prepare(call)
      .then(
        (resolved) => this.#runCall(call, resolved),
        (error: unknown) => this.#failUnresolved(call, error),
      )
      .then(() => this.#startCalls())
      .catch(reportFailure)
      .finally(storeCompiled)
  }

  async #prepare(call: CallToRun): Promise<Resolved> {
    if (call.extra?.root) setRoot(call.extra.root)
    const resolved = await this.#resolve(call.method)
    for (const id of call.extra?.classes ?? []) await resolveClass(id)
    const fields = call.extra?.fields as FieldSourceRef | undefined
    if (fields) call.lookup = await openFields(fields, classOf(resolved))
    return resolved
  }

  async #resolve(method: KnownMethod): Promise<Resolved> {
    const { key, cls } = method.definition
    return (method.resolved = await resolveMethod(key as MethodKey, cls as ClassRef | null))
  }

  /** Fails a call whose body, or one of whose classes, was not found. */
  #failUnresolved(call: CallToRun, error: unknown): void {
    if (this.#channel.slots.start(call.sequence)) {
      const packed = this.#packer.thrown(error)
      this.#publish(MessageKind.Thrown, { ...packed, flags: packed.flags | NOT_STARTED }, call.sequence)
    } else this.#publish(MessageKind.Revoked, NOTHING, call.sequence)
    this.#running -= 1
  }

  #runCall(call: CallToRun, resolved: Resolved): void {
    if (!this.#channel.slots.start(call.sequence)) {
      this.#channel.publish(MessageKind.Revoked, call.sequence, 0, NOTHING, false, this.#hasMore())
      this.#running -= 1
      return
    }
    const task = new RunningTask(call.sequence, call.serial, call.method.definition.label, this.#bodies)
    task.started = this.#channel.slots.lastStart // the parent adds the duration to this very time
    this.#tasks.add(task)
    let returned: unknown
    try {
      if (call.extra) this.#bodies.prepare(task, call.extra)
      returned = task.run(() => this.#bodies.run(call, resolved, task))
      if (isThenable(returned)) {
        returned.then(
          (value) => this.#endLater(this.#finish, task, value),
          (error: unknown) => this.#endLater(this.#fail, task, error),
        )
        return
      }
    } catch (error) {
      this.#fail(task, error) // thrown by the body, or by reading or calling `then`
      return
    }
    this.#finish(task, returned)
  }

  /** Ends a task whose body is asynchronous, by `#finish` or `#fail`. */
  #endLater(end: (task: RunningTask, outcome: unknown) => void, task: RunningTask, outcome: unknown): void {
    try {
      end.call(this, task, outcome)
      this.#startCalls()
    } catch (error) {
      reportFailure(error)
    }
  }

  #finish(task: RunningTask, value: unknown): void {
    try {
      this.#settle(task, MessageKind.Value, this.#packer.result(task, value))
    } catch (error) {
      this.#fail(task, error) // the result cannot be sent
    }
  }

  #fail(task: RunningTask, error: unknown): void {
    this.#settle(task, MessageKind.Thrown, this.#packer.thrownBy(task, error))
  }

  /** Fails one element and ends the chunk. The result of the chunk, a count, shows which elements have not run. */
  #failElement(task: RunningTask, index: number, packed: Packed): void {
    this.#channel.publish(MessageKind.ElementThrown, task.sequence, index, packed, true, false)
    this.#settle(task, MessageKind.Value, this.#packer.value(index + 1, 'result', task))
  }

  /** Settles a task, once. What its body does after an uncaught error has settled it is ignored. */
  #settle(task: RunningTask, kind: MessageKind, packed: Packed): void {
    if (!this.#tasks.has(task)) return
    this.#channel.publish(kind, task.sequence, monotonic() - task.started, packed, task.ordered, this.#hasMore())
    this.#tasks.remove(task)
    this.#bodies.stopStream(task.sequence) // an uncaught error may have settled a stream that still runs
    task.isSettled = true
    if (task.lease) releaseLease(task.lease)
    if (this.#memory.passed()) this.#publish(MessageKind.OverMemory)
    this.#running -= 1
  }

  /** Whether another call starts next: outcomes may go out together then. */
  #hasMore(): boolean {
    return this.#settings.concurrency === 1 && !this.#backlog.empty
  }

  #publish(kind: MessageKind, packed: Packed = NOTHING, sequence = 0): void {
    this.#channel.publish(kind, sequence, 0, packed, false, false)
  }
}
