import type { MethodKey } from '../registry/keys'
import { IsolatingContext } from '../utils/async-context'
import { setRoot } from '../utils/portable-names'
import { argsFlags, MessageKind, selfFlags, type CallExtra } from '../wire/messages'
import { CODED, unpack, type Packed, type UnpackContext } from '../wire/values'
import type { CallToRun } from './call-backlog'
import { runChunk, type ChunkRun } from './chunk'
import type { Packer } from './packer'
import type { ParentChannel } from './parent-channel'
import type { Resolved } from './resolve'
import type { RunningTask, RunningTasks, TaskHost } from './running-task'
import { reviveSelf } from './snapshot'
import { storesOf } from './stores'
import { WorkerStream } from './stream'

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
  prepare(task: RunningTask, { id, root, stores, trace }: CallExtra): void {
    task.givenId = id
    if (root !== undefined) setRoot(root)
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
