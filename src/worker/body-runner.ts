/**
 * What happens between the claim of a call and its outcome: its `this` and its arguments are unpacked, the body runs, and
 * what it gives is packed. The body of a chunk runs once per element, that of a stream until its reader has enough.
 */
import type { MethodKey } from '../registry/keys'
import { IsolatingContext } from '../utils/async-context'
import { rootUrl, setRoot } from '../utils/portable-names'
import { packThrown } from '../wire/errors'
import { argsFlags, selfFlags, type CallExtra } from '../wire/call-batch'
import { MessageKind } from '../wire/messages'
import { CODED, pack, PLAIN, unpack, type Packed, type UnpackContext } from '../wire/values'
import type { CallToRun, RunningTask, RunningTasks, TaskHost } from './calls'
import { withoutOwnFrames } from './own-frames'
import type { ParentChannel } from './parent-channel'
import type { Resolved } from './resolve'
import { explainSnapshot, reviveSelf } from './snapshot'
import { storesOf } from './stores'
import { WorkerStream } from './stream'
import { guardLease } from './watchdog'

/** Whether the callers of this worker are on other machines. */
const isFar = (): boolean => rootUrl() !== undefined

const NOTHING_CODED: UnpackContext = {}

/** Runs bodies, and publishes their events: progress, stream items and elements. The session publishes the outcomes. */
export class BodyRunner implements TaskHost {
  readonly idBase: string
  /** What the initializer returned. */
  workerData: unknown
  readonly #channel: ParentChannel
  readonly #packer: Packer
  readonly #tasks: RunningTasks
  readonly #streams = new Map<number, WorkerStream>()

  constructor(channel: ParentChannel, packer: Packer, tasks: RunningTasks, idBase: string) {
    this.#channel = channel
    this.#packer = packer
    this.#tasks = tasks
    this.idBase = idBase
  }

  /** Gives a task what comes with its call: the stores of its caller, and what a caller on another machine has named. */
  prepare(task: RunningTask, { id, root, stores, trace, until }: CallExtra): void {
    task.givenId = id
    if (root !== undefined) setRoot(root)
    if (until !== undefined) task.lease = guardLease(task.sequence, until)
    if (stores || trace) task.enterStores(storesOf({ stores, trace }))
  }

  /** Runs the body as its task. Returns the result, or a promise of it; throws what the body throws. */
  run(call: CallToRun, resolved: Resolved, task: RunningTask): unknown {
    const { extra } = call
    const forSelf = selfFlags(call.flags)
    const forArgs = argsFlags(call.flags)
    const context = ((forSelf | forArgs) & CODED) !== 0 ? contextOf(task) : NOTHING_CODED
    const self = reviveSelf(resolved, {
      state: unpack(call.self, forSelf, context),
      custom: extra?.custom ?? false,
      absent: extra?.absent,
      lookup: call.lookup,
      key: call.method.definition.key as MethodKey,
    })
    const args = unpack(call.args, forArgs, context) as unknown[]
    if (extra?.chunk) return this.#runChunk(new ChunkBody(resolved.body, self, args, extra.chunk), task)
    if (extra?.workerData) args.push({ ...(args.pop() as object), workerData: this.workerData })
    const returned: unknown = Reflect.apply(resolved.body, self, args)
    return extra?.stream ? this.#runStream(task, returned as AsyncGenerator<unknown>) : returned
  }

  /** Publishes what the body of a running task reports as progress. */
  report(task: RunningTask, progress: unknown): void {
    if (!this.#tasks.has(task)) return
    task.ordered = true
    this.#publishEvent(MessageKind.Progress, task, this.#packer.value(progress, 'progress', task))
  }

  /** The consumer of a stream wants `count` more items. */
  pullStream(sequence: number, count: number): void {
    this.#streams.get(sequence)?.pull(count)
  }

  /** Stops the stream of a call, if it has one. */
  stopStream(sequence: number): void {
    this.#streams.get(sequence)?.stop()
  }

  #runStream(task: RunningTask, values: AsyncGenerator<unknown>): Promise<unknown> {
    task.ordered = true
    const { slots } = this.#channel
    const stream = new WorkerStream(values, {
      emit: (value) => {
        if (this.#tasks.has(task))
          this.#publishEvent(MessageKind.Item, task, this.#packer.value(value, 'yielded', task))
      },
      run: (fn) => task.run(fn),
      pause: () => slots.pause(task.sequence),
      resume: () => slots.resume(task.sequence),
    })
    this.#streams.set(task.sequence, stream)
    return stream.run().finally(() => this.#streams.delete(task.sequence))
  }

  #runChunk(body: ChunkBody, task: RunningTask): Promise<number> | number {
    task.ordered = true // the outcome of the chunk must not overtake the elements
    const publisher = new ElementPublisher(this.#channel, this.#packer, this.#tasks, task)
    return new ChunkRun(body, publisher, task).run(0)
  }

  #publishEvent(kind: MessageKind, task: RunningTask, packed: Packed): void {
    this.#channel.publish(kind, task.sequence, 0, packed, true, false)
  }
}

/** Coded values may contain the caller's signals, which belong to the task. */
function contextOf(task: RunningTask): UnpackContext {
  return { signals: task.signals() }
}

/** The body of a chunk, which runs once per element. Each element runs in an asynchronous context of its own. */
class ChunkBody {
  readonly count: number
  readonly #context = new IsolatingContext()
  readonly #body: Function
  readonly #self: unknown
  readonly #args: ArrayLike<unknown>
  readonly #width: number

  /**
   * @param args the arguments of all elements, one after the other. Numbers only may come as a typed array
   * @param width how many arguments each element has
   */
  constructor(body: Function, self: unknown, args: ArrayLike<unknown>, width: number) {
    this.#body = body
    this.#self = self
    this.#args = args
    this.#width = width
    this.count = args.length / width
  }

  call(index: number): unknown {
    const width = this.#width
    if (width === 1) return this.#context.call(this.#body, this.#self, this.#args[index])
    const args = Array.prototype.slice.call(this.#args, index * width, (index + 1) * width)
    return this.#context.apply(this.#body, this.#self, args)
  }
}

/** Publishes the outcomes of the elements of a chunk. */
class ElementPublisher {
  readonly #channel: ParentChannel
  readonly #packer: Packer
  readonly #tasks: RunningTasks
  readonly #task: RunningTask
  /** Whether an element went over the port: later ones must not overtake it. */
  #ordered = false

  constructor(channel: ParentChannel, packer: Packer, tasks: RunningTasks, task: RunningTask) {
    this.#channel = channel
    this.#packer = packer
    this.#tasks = tasks
    this.#task = task
  }

  result(index: number, value: unknown): void {
    try {
      this.#publish(MessageKind.Element, index, this.#packer.result(this.#task, value))
    } catch (error) {
      this.thrown(index, error) // the result cannot be sent
    }
  }

  thrown(index: number, error: unknown): void {
    this.#publish(MessageKind.ElementThrown, index, this.#packer.thrownBy(this.#task, error))
  }

  #publish(kind: MessageKind, index: number, packed: Packed): void {
    const task = this.#task
    if (this.#tasks.has(task) && this.#channel.publish(kind, task.sequence, index, packed, this.#ordered, false))
      this.#ordered = true
  }
}

/** Runs the elements of a chunk, one after the other. The outcome of each is published before the next one starts. */
class ChunkRun {
  readonly #body: ChunkBody
  readonly #publisher: ElementPublisher
  readonly #task: RunningTask

  constructor(body: ChunkBody, publisher: ElementPublisher, task: RunningTask) {
    this.#body = body
    this.#publisher = publisher
    this.#task = task
  }

  /**
   * Runs the elements from `first` on. One that fails does not stop the others. There is no wait between synchronous
   * bodies.
   *
   * @returns how many elements were run; fewer than there are if the task was aborted or an uncaught error settled it
   */
  run(first: number): number | Promise<number> {
    const task = this.#task
    const { count } = this.#body
    for (let index = first; index < count; index++) {
      if (task.aborted || task.isSettled) return index
      task.element = index
      const outcome = this.#runElement(index)
      if (outcome) return this.#runAfter(outcome, index)
    }
    return count
  }

  /** @returns the promise of an asynchronous body; `undefined` if the body is done */
  #runElement(index: number): Promise<unknown> | undefined {
    let value: unknown
    try {
      value = this.#body.call(index)
      if (isThenable(value)) return Promise.resolve(value)
    } catch (error) {
      this.#publisher.thrown(index, error)
      return undefined
    }
    this.#publisher.result(index, value)
    return undefined
  }

  async #runAfter(outcome: Promise<unknown>, index: number): Promise<number> {
    try {
      this.#publisher.result(index, await outcome)
    } catch (error) {
      this.#publisher.thrown(index, error)
    }
    return this.run(index + 1)
  }
}

/** @throws what `then` throws, if it is a getter */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** Packs what a worker sends: results, stream items, progress and errors. They are published right after. */
export class Packer {
  readonly #kind: 'thread' | 'process'

  constructor(kind: 'thread' | 'process') {
    this.#kind = kind
  }

  /** @throws {SerializationError} if the value cannot be sent; `root` names it in the message */
  value(value: unknown, root: string, { label }: RunningTask): Packed {
    return pack(value, { root, of: label, kind: this.#kind, sentNow: true, far: isFar() })
  }

  /** Packs the result of a body. Its hooks and getters run in the context of the call. */
  result(task: RunningTask, value: unknown): Packed {
    if (typeof value === 'number') return { data: value, flags: PLAIN }
    const hasHooks = typeof value === 'object' && value !== null
    return hasHooks ? task.run(() => this.value(value, 'result', task)) : this.value(value, 'result', task)
  }

  /** Packs an error that the body has thrown. */
  thrownBy(task: RunningTask, error: unknown): Packed {
    return task.run(() => this.thrown(withoutOwnFrames(explainSnapshot(error))))
  }

  thrown(error: unknown): Packed {
    return packThrown(error, { root: 'error', kind: this.#kind, far: isFar() })
  }
}
