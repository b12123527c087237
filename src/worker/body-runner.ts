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
    if (extra?.chunk) return this.#runChunk({ task, args, width: extra.chunk, body: elementBody(resolved.body, self) })
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

  /** Runs the body for each element. The outcome of an element is published before the next one starts. */
  #runChunk(chunk: Omit<ChunkRun, 'publish'>): Promise<number> | number {
    const { task } = chunk
    task.ordered = true // the outcome of the chunk must not overtake the elements
    let ordered = false
    const publish: ChunkRun['publish'] = (index, kind, value) => {
      const packed =
        kind === MessageKind.Element ? this.#packer.result(task, value) : this.#packer.thrownBy(task, value)
      if (this.#tasks.has(task))
        ordered = this.#channel.publish(kind, task.sequence, index, packed, ordered, false) || ordered
    }
    return runChunk({ ...chunk, publish })
  }

  #publishEvent(kind: MessageKind, task: RunningTask, packed: Packed): void {
    this.#channel.publish(kind, task.sequence, 0, packed, true, false)
  }
}

/** Coded values may contain the caller's signals, which belong to the task. */
function contextOf(task: RunningTask): UnpackContext {
  return { signals: task.signals() }
}

/** Each element runs in an asynchronous context of its own. */
function elementBody(body: Function, self: unknown): (args: unknown[]) => unknown {
  const context = new IsolatingContext()
  return (args) => context.apply(body, self, args)
}

/** A part of a `map` that a worker gets as one call. */
interface ChunkRun {
  readonly task: RunningTask
  /** The arguments of all elements, one after the other. Numbers only may come as a typed array. */
  readonly args: ArrayLike<unknown>
  /** How many arguments each element has. */
  readonly width: number
  body(args: unknown[]): unknown
  /** Publishes the outcome of an element. Throws if it cannot be sent. */
  publish(index: number, kind: MessageKind.Element | MessageKind.ElementThrown, value: unknown): void
}

/**
 * Runs the body for each element of a chunk, one after the other. An element that fails does not stop the others.
 * Synchronous bodies run without a wait between them.
 *
 * @returns how many elements were run; fewer than there are if the task was aborted or an uncaught error settled it
 */
function runChunk(chunk: ChunkRun, from = 0): number | Promise<number> {
  const { task, args, width } = chunk
  const count = args.length / width
  for (let index = from; index < count; index++) {
    if (task.aborted || task.isSettled) return index
    task.element = index
    const outcome = runElement(chunk, index)
    if (outcome === undefined) continue
    const next = index + 1
    return outcome
      .then(
        (value) => publishResult(chunk, index, value),
        (error: unknown) => chunk.publish(index, MessageKind.ElementThrown, error),
      )
      .then(() => runChunk(chunk, next))
  }
  return count
}

/** @throws what `then` throws, if it is a getter */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** @returns the promise of an asynchronous body; `undefined` if the body is done */
function runElement(chunk: ChunkRun, index: number): Promise<unknown> | undefined {
  const { args, width } = chunk
  let value: unknown
  try {
    value = chunk.body(
      width === 1 ? [args[index]] : Array.prototype.slice.call(args, index * width, (index + 1) * width),
    )
    if (isThenable(value)) return Promise.resolve(value)
  } catch (error) {
    chunk.publish(index, MessageKind.ElementThrown, error)
    return undefined
  }
  publishResult(chunk, index, value)
  return undefined
}

function publishResult(chunk: ChunkRun, index: number, value: unknown): void {
  try {
    chunk.publish(index, MessageKind.Element, value)
  } catch (error) {
    chunk.publish(index, MessageKind.ElementThrown, error) // the result cannot be sent
  }
}

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
