import type { Channel, ChannelListener } from '../channel/channel'
import type { Timer } from '../utils/after'
import { LONE_CALL, CALL_WIDTH, SLOTS, type CallBatch, type MethodDefinition } from '../wire/messages'
import { SlotState } from '../wire/slots'
import { LIVE } from '../wire/values'
import { CallState, type Call } from './call'
import type { DispatchedMethod } from './dispatched-method'

/** In a slot whose call was taken back: it is free again once the worker has passed it. */
export const REVOKED = Symbol('taken back')
/** A call that could not be sent, and why. */
export interface UnsentCall {
  readonly call: Call
  readonly error: unknown
}

type Entry = Call | typeof REVOKED | undefined

/** Sequences stay below this, for they travel as 32-bit numbers. */
const WRAP = 2 ** 31

/** Positive where `b` is of a later call than `a`: sequences begin again below WRAP, and only few are under way. */
export const compareSequences = (a: number, b: number): number => (b - a) << 1

let handles = 0

/**
 * One worker of a pool, one generation of it: a worker that leaves is never used again, its successor is another
 * object. Knows which calls are with its worker; decides nothing.
 */
export class WorkerHandle {
  readonly channel: Channel
  /** Names it among all workers of this thread, for services. */
  readonly name = String(++handles)
  /** Calls that are with the worker, those taken back and not yet passed included. */
  inFlight = 0
  /** How long the calls with it are expected to take, in ms. */
  load = 0
  /** Calls ever sent to it, without those taken back. */
  sent = 0
  /** Outcomes ever received. */
  outcomes = 0
  /** What it has asked of this side, and waits for. */
  openRequests = 0
  /** Its session has begun to serve. */
  alive = false
  /** It has grown too large: it gets no more calls, and ends after those it has. */
  full = false
  /** Outcomes there were when what waited in its pipe was taken back: until the next it gets no call ahead. */
  stalledAt = -1
  /** It gets no more calls: it is recycled, killed, or gone. */
  leaving = false
  /** It was told to end, or stopped: its exit is no accident. */
  ending = false
  /** It has exited. */
  gone = false
  /** What of the library's own code has failed in it, and ended it. */
  failure: Error | undefined
  /** When a limit of a call with it has to be looked at. */
  deadline: { readonly at: number; readonly timer: Timer } | undefined
  /** Methods whose modules it imports without a call. */
  introduced: readonly DispatchedMethod[] = []
  idleTimer: Timer | undefined
  startTimer: Timer | undefined
  readonly #entries = new Array<Entry>(SLOTS)
  /** Those that the last taking back left with the worker: it may have started them, or skip them. */
  #unrevoked = new Set<number>()
  /** Methods that the worker was told of, by their index. */
  readonly #defined = new Map<number, DispatchedMethod>()
  #definitions: MethodDefinition[] = []
  #outbox: unknown[] = [0]
  /** Something in the outbox only structured clone can carry. */
  #live = false
  #sequence = 0
  #isRef = false

  constructor(open: (listener: ChannelListener) => Channel, listener: (worker: WorkerHandle) => ChannelListener) {
    this.channel = open(listener(this))
  }

  /** Whether it keeps the program alive. */
  get isRef(): boolean {
    return this.#isRef
  }

  setRef(held: boolean): void {
    this.#isRef = held
    this.channel.setRef(held)
  }

  /** Calls that were assigned and wait to be sent. */
  get unsent(): number {
    return (this.#outbox.length - 1) / CALL_WIDTH
  }

  /** It gets no call ahead: it is behind, or one that it skips would be overtaken by what comes after it. */
  get isStalled(): boolean {
    return this.#unrevoked.size > 0 || this.stalledAt === this.outcomes
  }

  /**
   * Takes a call on; {@link flush} sends it.
   *
   * @param alone the pool has no other
   */
  assign(call: Call, alone = false): void {
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
    this.#outbox.push(sequence, call.serial, definition.index, alone ? flags | LONE_CALL : flags, self, args, extra)
  }

  /** Methods of which it has run calls, or others have. */
  knownMethods(): DispatchedMethod[] {
    return [...this.#defined.values()].filter(({ expectedDuration }) => expectedDuration !== Infinity)
  }

  /** Tells the worker of methods before their first call: it imports their modules meanwhile. */
  announceMethods(methods: readonly DispatchedMethod[]): void {
    if (methods.length > 0) this.introduced = methods
    for (const method of methods) if (!this.#defined.has(method.definition.index)) this.#define(method)
    if (this.#definitions.length === 0) return
    this.channel.send([this.#definitions])
    this.#definitions = []
  }

  /** Sends what was assigned. Gives the calls whose payload the runtime cannot clone, each with its error. */
  flush(): UnsentCall[] {
    const outbox = this.#outbox
    this.#outbox = [0]
    if (this.#live) return this.#flushOneByOne(outbox)
    if (this.#definitions.length > 0) {
      outbox[0] = this.#definitions
      this.#definitions = []
    }
    this.channel.send(outbox as unknown as CallBatch)
    return []
  }

  /** The entry of a sequence, while it is with the worker. */
  entry(sequence: number): Entry {
    const entry = this.#entries[sequence % SLOTS]
    return entry === REVOKED || entry?.sequence === sequence ? entry : undefined
  }

  /** Forgets a call: the worker is done with it. */
  release(sequence: number): void {
    const entry = this.entry(sequence)
    if (entry === undefined) return
    this.#entries[sequence % SLOTS] = undefined
    this.#unrevoked.delete(sequence)
    if (entry !== REVOKED) this.load = Math.max(0, this.load - entry.expected)
    this.inFlight -= 1
    if (this.inFlight === 0) this.load = 0
  }

  /** Receives now what its worker has published by now. */
  drain(): void {
    this.channel.drain(this.calls().map((call) => call.sequence))
  }

  /**
   * Takes back what the worker has not started, of the calls that are still wanted; the last first, so that the worker,
   * which goes on meanwhile, cannot start one behind another that was taken.
   *
   * @param which `all`: those too that could not be sent again. `waiting`: not the one that the worker comes to next, where
   * others only wait behind it: should the import of its module be the end of the worker, it was for this call, and a
   * worker that is slow to wake would never run any
   * @param wanted taken back in any case
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
    const taken = new Set(this.channel.slots.revokeAll(revocable.map((call) => call.sequence).reverse()))
    this.#unrevoked = new Set(calls.map((call) => call.sequence).filter((sequence) => !taken.has(sequence)))
    return calls.filter((call) => {
      if (!taken.has(call.sequence)) return false
      this.#markRevoked(call)
      return true
    })
  }

  /** Takes a call back that the worker has not started. `false`: it has, or may have. */
  revoke(call: Call): boolean {
    if (!this.channel.slots.revoke(call.sequence)) return false
    this.#markRevoked(call)
    return true
  }

  /** The worker imports the call's module. */
  isLoading(call: Call): boolean {
    return this.channel.slots.state(call.sequence) === SlotState.Loading
  }

  /** Whether its body has started, and may be done. */
  hasClaimed(call: Call): boolean {
    return isClaimed(this, call)
  }

  hasStarted(call: Call): boolean {
    return this.channel.slots.state(call.sequence) === SlotState.Started
  }

  /**
   * Whether a call that was sent after this one has started. Where bodies run one at a time, this one is done then, and
   * its outcome is on the way: the pipe of a process is read by the event loop alone.
   */
  isPast(call: Call): boolean {
    return this.calls().some((other) => compareSequences(call.sequence, other.sequence) > 0 && isClaimed(this, other))
  }

  /**
   * The calls with the worker, in the order in which they were sent. Of a worker that is gone some may be with another by
   * now.
   */
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

  /** One that cannot be cloned must fail alone. */
  #flushOneByOne(outbox: unknown[]): UnsentCall[] {
    this.#live = false
    this.announceMethods([])
    const refused: UnsentCall[] = []
    for (let at = 1; at < outbox.length; at += CALL_WIDTH) {
      const record = outbox.slice(at, at + CALL_WIDTH)
      const sequence = record[0] as number
      const call = this.entry(sequence)
      try {
        if (call === undefined || call === REVOKED) this.release(sequence)
        else {
          this.channel.send([0, ...record], call.payload.transfer)
          call.moved = call.payload.transfer !== undefined
        }
      } catch (error) {
        this.release(sequence)
        this.sent -= 1
        refused.push({ call: call as Call, error })
      }
    }
    return refused
  }
}

const isCall = (entry: Entry): entry is Call => entry !== undefined && entry !== REVOKED

const isClaimed = (worker: WorkerHandle, { sequence }: Call): boolean =>
  [SlotState.Started, SlotState.Done].includes(worker.channel.slots.state(sequence))

const LIVE_ANYWHERE = LIVE | (LIVE << 3)
