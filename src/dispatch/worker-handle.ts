/** The parent's side of one worker: its state, its calls and their slots, and the batch that is sent next. */
import type { Channel, ChannelListener, WorkerExit } from '../channel/channel'
import type { Timer } from '../utils/after'
import { CALL_WIDTH, callFlags, LONE_CALL, type CallBatch, type MethodDefinition } from '../wire/call-batch'
import { SLOTS, SlotState } from '../wire/slots'
import type { WorkerMessage } from '../wire/messages'
import { LIVE } from '../wire/values'
import { CallState, type Call, type CallWorker, type DispatchedMethod } from './call'
import { WorkerState } from './worker-state'

/** Marks the slot of a revoked call. The slot is free again when the worker has skipped the call. */
export const REVOKED = Symbol('revoked')

/** A call that could not be sent, and why. */
export interface UnsentCall {
  readonly call: Call
  readonly error: unknown
}

/** Gets what a worker sends (`WorkerMessages`), and its exit (`WorkerManager`). */
export interface WorkerListener {
  readonly message: (worker: WorkerHandle, message: WorkerMessage) => void
  readonly exit: (worker: WorkerHandle, exit: WorkerExit) => void
}

/** What a slot is used for: a call, a revoked call that the worker has not skipped yet, or nothing. */
type Entry = Call | typeof REVOKED | undefined

/** Sequence numbers stay below this: they are sent as 32-bit numbers. */
const WRAP = 2 ** 31

/** Positive if `b` was sent later than `a`. Sequence numbers start again at `WRAP`, and few are in use at a time. */
export const compareSequences = (a: number, b: number): number => (b - a) << 1

/** The worker that has the call. */
export const workerOf = (call: Call): WorkerHandle | undefined => call.worker as WorkerHandle | undefined

let handles = 0

/**
 * The parent's side of one worker: its state, its channel, and the calls that it has. It makes no decisions. If the worker
 * is replaced, its successor gets another handle. What the worker sends goes to `WorkerMessages`.
 */
export class WorkerHandle implements CallWorker {
  readonly channel: Channel
  /** Unique among the workers of this thread. The services know the worker by it. */
  readonly name = String(++handles)
  state = WorkerState.Active
  /** Its session has started. */
  isReady = false
  /** It uses more memory than `maxMemory` allows, and gets no more calls. */
  isOverMemory = false
  /** How many slots are in use: those of the calls that the worker has, and of revoked calls that it has not skipped yet. */
  inFlight = 0
  /** The sum of the expected durations of its calls, in ms. */
  load = 0
  /** How many calls were sent to it, without revoked calls. */
  sent = 0
  /** How many outcomes it has sent. */
  outcomes = 0
  /** How many requests of the worker wait for their response. */
  openRequests = 0
  /** How many outcomes the worker had sent when it was last found stalled. It stays stalled until it sends another. */
  outcomesWhenStalled = -1
  /** The error in the library's own code that ended the worker. */
  failure: Error | undefined
  /** The next time to check the limits of its calls. */
  deadline: { readonly at: number; readonly timer: Timer } | undefined
  /** Methods whose modules it imports before it gets a call of them. */
  announced: readonly DispatchedMethod[] = []
  /** Ends an idle worker, or kills one that goes on after it was told to stop. */
  idleTimer: Timer | undefined
  startTimer: Timer | undefined
  readonly #entries = new Array<Entry>(SLOTS)
  /** Sequences of the calls that the last bulk revocation could not revoke. The worker has started them, or will skip them. */
  #unrevoked = new Set<number>()
  /** Methods that the worker knows, by their index. */
  readonly #defined = new Map<number, DispatchedMethod>()
  #definitions: MethodDefinition[] = []
  /** The next batch, a `CallBatch`. */
  #batch: unknown[] = [0]
  /** Whether a payload of the batch needs structured clone. */
  #live = false
  #sequence = 0
  #isRef = false

  constructor(open: (listener: ChannelListener) => Channel, { message, exit }: WorkerListener) {
    this.channel = open({ message: (of) => message(this, of), exit: (how) => exit(this, how) })
  }

  get hasExited(): boolean {
    return this.state >= WorkerState.Stopped
  }

  /** Whether it keeps the program alive. */
  get isRef(): boolean {
    return this.#isRef
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef
    this.channel.setRef(isRef)
  }

  /** How many calls were assigned to it and are not sent yet. */
  get unsent(): number {
    return (this.#batch.length - 1) / CALL_WIDTH
  }

  /** Whether no calls may be sent ahead to it: it is stalled, or it may still skip a call, which later ones would overtake. */
  get isStalled(): boolean {
    return this.#unrevoked.size > 0 || this.outcomesWhenStalled === this.outcomes
  }

  /**
   * Puts a call into the next batch, which {@link flush} sends.
   *
   * @param isOnly whether the pool has no other call
   */
  assign(call: Call, isOnly = false): void {
    const sequence = this.#nextSequence()
    const { payload } = call
    this.channel.slots.open(sequence)
    this.#entries[sequence % SLOTS] = call
    call.state = CallState.Sent
    call.worker = this
    call.sequence = sequence
    call.expected = Number.isFinite(payload.method.expectedDuration) ? payload.method.expectedDuration : 0
    this.load += call.expected
    this.sent += 1
    this.inFlight += 1
    if (!this.#isRef) this.setRef(true)
    const { definition } = payload.method
    if (!this.#defined.has(definition.index)) this.#define(payload.method)
    const { flags, self, args, extra } = payload
    if ((flags & LIVE_ANYWHERE) !== 0) this.#live = true
    this.#batch.push(sequence, call.serial, definition.index, isOnly ? flags | LONE_CALL : flags, self, args, extra)
  }

  /** The methods of its calls that a worker of this program has run before. */
  knownMethods(): DispatchedMethod[] {
    return [...this.#defined.values()].filter(({ expectedDuration }) => expectedDuration !== Infinity)
  }

  /** Announces methods before their first call, so that the worker imports their modules early. */
  announceMethods(methods: readonly DispatchedMethod[]): void {
    if (methods.length > 0) this.announced = methods
    for (const method of methods) if (!this.#defined.has(method.definition.index)) this.#define(method)
    if (this.#definitions.length === 0) return
    this.channel.send([this.#definitions])
    this.#definitions = []
  }

  /** Sends the batch. Returns the calls whose payload cannot be cloned, each with its error. */
  flush(): UnsentCall[] {
    const batch = this.#batch
    this.#batch = [0]
    if (this.#live) return this.#flushOneByOne(batch)
    if (this.#definitions.length > 0) {
      batch[0] = this.#definitions
      this.#definitions = []
    }
    this.channel.send(batch as unknown as CallBatch)
    return []
  }

  /** The call with this sequence, or REVOKED; undefined if another call has the slot now. */
  entry(sequence: number): Entry {
    const entry = this.#entries[sequence % SLOTS]
    return entry === REVOKED || entry?.sequence === sequence ? entry : undefined
  }

  /** Frees the slot: the worker has sent the outcome, or has skipped the call. */
  release(sequence: number): void {
    const entry = this.entry(sequence)
    if (entry === undefined) return
    this.#entries[sequence % SLOTS] = undefined
    this.#unrevoked.delete(sequence)
    if (entry !== REVOKED) this.load = Math.max(0, this.load - entry.expected)
    this.inFlight -= 1
    if (this.inFlight === 0) this.load = 0
  }

  /** Receives the outcomes that the worker has published so far, without waiting for the event loop. */
  drain(): void {
    this.channel.drain(this.calls().map((call) => call.sequence))
  }

  /**
   * Revokes calls that the worker has not started and that are not settled. It begins with the last one: the worker goes
   * on from the first meanwhile, so no call starts behind a revoked one.
   *
   * @param which `all`: also calls that cannot be sent again. `waiting`: all but two kinds: the worker's oldest call,
   * because a worker that is slow to wake up must keep a call to run, and calls whose module it imports, because a crash
   * during the import must be attributed to the call that caused it
   * @param wanted a call that is revoked in any case
   */
  revokeAll(which: 'all' | 'repeatable' | 'waiting' = 'repeatable', wanted?: Call): Call[] {
    const all = this.calls()
    const calls = all.filter((call) => call.state === CallState.Sent)
    const revocable = calls.filter(
      (call) =>
        which === 'all' ||
        call === wanted ||
        (!call.moved && (which === 'repeatable' || (call !== all[0] && !this.isLoading(call)))),
    )
    const revoked = new Set(this.channel.slots.revokeAll(revocable.map((call) => call.sequence).reverse()))
    this.#unrevoked = new Set(calls.map((call) => call.sequence).filter((sequence) => !revoked.has(sequence)))
    return calls.filter((call) => {
      if (!revoked.has(call.sequence)) return false
      this.#markRevoked(call)
      return true
    })
  }

  /** Revokes one call. `false`: the worker has started it, or may have. */
  revoke(call: Call): boolean {
    if (!this.channel.slots.revoke(call.sequence)) return false
    this.#markRevoked(call)
    return true
  }

  /** Whether the worker imports the module of the call. */
  isLoading(call: Call): boolean {
    return this.channel.slots.state(call.sequence) === SlotState.Loading
  }

  /** Whether the worker has claimed the call: its body has started. It may have ended since. */
  hasClaimed(call: Call): boolean {
    return isClaimed(this, call)
  }

  /** Whether the slot says that the body has started; it may have ended since. After the exit of the worker: whether it ran then. */
  isRunning(call: Call): boolean {
    return this.channel.slots.state(call.sequence) === SlotState.Started
  }

  /**
   * Whether a call that was sent after this one has started. If bodies run one at a time, this one has ended then, even
   * if its outcome has not arrived yet: `drain()` cannot read every pipe (`channel/pipe.ts`).
   */
  isPast(call: Call): boolean {
    return this.calls().some((other) => compareSequences(call.sequence, other.sequence) > 0 && isClaimed(this, other))
  }

  /** The calls of the worker, in the order in which they were sent. Calls that another worker has now are left out. */
  calls(): Call[] {
    const all = this.#entries.filter((entry): entry is Call => isCall(entry) && entry.worker === this)
    return all.sort((a, b) => compareSequences(b.sequence, a.sequence))
  }

  #markRevoked(call: Call): void {
    this.#entries[call.sequence % SLOTS] = REVOKED
    this.sent -= 1
    this.load = Math.max(0, this.load - call.expected)
  }

  #define(method: DispatchedMethod): void {
    this.#defined.set(method.definition.index, method)
    this.#definitions.push(method.definition)
  }

  #nextSequence(): number {
    do this.#sequence = (this.#sequence + 1) % WRAP
    while (this.#sequence === 0 || this.#entries[this.#sequence % SLOTS] !== undefined)
    return this.#sequence
  }

  /** A call that cannot be cloned must not fail the others of its batch. */
  #flushOneByOne(batch: unknown[]): UnsentCall[] {
    this.#live = false
    this.announceMethods([])
    const unsent: UnsentCall[] = []
    for (let at = 1; at < batch.length; at += CALL_WIDTH) {
      const fields = batch.slice(at, at + CALL_WIDTH)
      const sequence = fields[0] as number
      const call = this.entry(sequence)
      try {
        if (call === undefined || call === REVOKED) this.release(sequence)
        else {
          this.channel.send([0, ...fields], call.payload.transfer)
          call.moved = call.payload.transfer !== undefined
        }
      } catch (error) {
        this.release(sequence)
        this.sent -= 1
        unsent.push({ call: call as Call, error })
      }
    }
    return unsent
  }
}

const isCall = (entry: Entry): entry is Call => entry !== undefined && entry !== REVOKED

const isClaimed = (worker: WorkerHandle, { sequence }: Call): boolean =>
  [SlotState.Started, SlotState.Done].includes(worker.channel.slots.state(sequence))

const LIVE_ANYWHERE = callFlags(LIVE, LIVE)
