/**
 * The state of encoding one value: what has been copied, the path to the current value, the budget, and what happens to
 * a value that cannot be sent. Encoding copies plain data, so that later changes of the caller are not seen, and puts
 * markers for what codecs handle.
 *
 * Codecs get an {@link Encoder} and encode the parts of a value through `encode`. `ValueEncoder` implements it by
 * choosing the codec, so codecs do not import each other.
 *
 * `trail` holds the steps from the root to the current value, and `holders` the objects along it. A throw leaves both
 * as they are, so that a value that cannot be sent, or a getter that throws, is reported with its path.
 */
import { portableName } from '../../utils/portable-names'
import type { PackContext, Transferable } from '../packed'
import { isPrimitive, MARK, put, type Marker } from './markers'
import { formatInnerPath, Omissions, type Step } from './paths'
import * as say from './refusals'
import { kindOf, type ValueKind } from './value-kinds'

/** Returned instead of a value that is left out, where that is allowed: in the properties of errors. */
export const OMITTED = Symbol('omitted')
/** Thrown when there is more to copy than the budget allows. */
export const OVER_BUDGET = Symbol('over budget')
/** Thrown when the properties of an error hold too much. */
const TOO_MUCH = Symbol('too much')
/** Thrown when a value that only `postMessage` can carry is found while encoding for bytes. */
export const NEEDS_LIVE = Symbol('needs live')

/**
 * `postMessage` decodes its message outside of our code, so a value too deep for the receiver's stack would be lost
 * without an error. The smallest stack, that of a main thread, holds twice as many levels.
 */
const LIVE_DEPTH = 500
/** What the properties of an error may hold. A property with more is left out: it may lead to the whole program. */
const LENIENT_NODES = 250_000
const LENIENT_DEPTH = 300

export interface EncoderOptions {
  /** How many objects, properties and items to copy at most. */
  readonly budget: number
  /** The result is for `postMessage`, not for `v8.serialize`. */
  readonly live: boolean
  /** Asks the engine about each object that it copies itself: throws if the object cannot be cloned. */
  readonly probe?: (leaf: object) => void
}

export abstract class Encoder {
  nodes = 0
  /** The result contains markers. */
  coded = false
  /** The result contains more than plain data. It must become bytes at once to be a snapshot. */
  bytes = false
  /** The copy or marker of each object so far. */
  readonly seen = new Map<object, unknown>()
  /** Objects whose `[serialize]` state is being encoded. */
  readonly open = new Set<object>()
  /** Large ArrayBuffers in the result, which need not be among its bytes. */
  buffers: Set<ArrayBuffer> | undefined
  transfers: Set<Transferable> | undefined
  classes: Set<string> | undefined
  signals: Map<AbortSignal, { signal: number }> | undefined
  private leniency = 0
  private lenientNodes = 0
  private lenientDepth = 0
  private omissions: Omissions | undefined
  private depth = 0
  private readonly trail: Step[] = []
  private readonly holders: object[] = []

  constructor(
    readonly context: PackContext,
    readonly options: EncoderOptions,
  ) {
    if (context.moved && options.live) this.transfers = new Set(context.moved)
  }

  /** The encoded copy of a value, or OMITTED. */
  abstract encode(value: unknown): unknown

  /** Encodes an object by its kind, even if its class is `@serializable`. */
  abstract encodeBuiltIn(value: object, kind: ValueKind): unknown

  /** Encodes an object as an object literal of its own enumerable properties. */
  encodePlain(value: object): unknown {
    const copy = this.read(value)
    if (typeof copy[MARK] === 'string') {
      const marker = this.mark(value, { [MARK]: 'escaped', value: copy })
      this.encodeFields(value, copy)
      return marker
    }
    this.seen.set(value, copy)
    return this.encodeFields(value, copy)
  }

  /** Encodes each property of `copy`, a fresh copy of the properties of `value`, in place. */
  encodeFields(value: object, copy = this.read(value)): object {
    const keys = Object.keys(copy)
    this.count(keys.length + 1)
    this.enter(value)
    for (const key of keys) {
      const field = copy[key]
      if (isPrimitive(field)) continue
      this.at(key)
      const encoded = this.encode(field)
      if (encoded === OMITTED) delete copy[key]
      else if (encoded !== field) put(copy, key, encoded)
    }
    this.leave()
    return copy
  }

  /** Descends into `holder`: the steps that follow lead from it. */
  enter(holder: object): void {
    if (this.depth === LIVE_DEPTH && this.options.live)
      throw new say.Refusal(say.TOO_DEEP, say.FLATTEN, this.trail.slice(0, 1))
    this.holders[this.depth++] = holder
  }

  /** Moves to a part of the holder entered last. */
  at(step: Step): void {
    this.trail[this.depth - 1] = step
  }

  leave(): void {
    this.depth--
  }

  count(nodes: number): void {
    if ((this.nodes += nodes) > this.options.budget) throw OVER_BUDGET
  }

  /** The id of a class as the receiver knows it. */
  name(id: string): string {
    return this.context.far ? portableName(id) : id
  }

  /** Records `marker` as the encoded form of `value`. */
  mark<M extends Marker>(value: object, marker: M): M {
    this.coded = true
    this.seen.set(value, marker)
    return marker
  }

  /** Whether a part of an error is being encoded. Values that cannot be sent, or would be moved, are left out there. */
  get lenient(): boolean {
    return this.leniency > 0
  }

  /** Marks objects to be moved instead of copied, which only `postMessage` can do. */
  move(list: readonly Transferable[]): void {
    this.needLive()
    this.transfers ??= new Set()
    for (const item of list) this.transfers.add(item)
  }

  needLive(): void {
    if (!this.options.live) throw NEEDS_LIVE
  }

  /** Reports that the current value cannot be sent: throws, or returns OMITTED inside an error. */
  refuse(what: string, remedy: string, cause?: unknown): typeof OMITTED {
    if (this.lenient) return this.omit()
    throw this.refusal(what, remedy, cause)
  }

  /**
   * The refusal of the current value. If the path leads through a private field (`_…`) of a class instance, the refusal
   * names that instance: the caller does not know its fields.
   */
  refusal(what: string, remedy: string, cause?: unknown): say.Refusal {
    const steps = this.trail.slice(0, this.depth)
    const at = steps.findIndex((step, i) => typeof step === 'string' && step.startsWith('_') && this.isInstance(i))
    if (at === -1) return new say.Refusal(what, remedy, steps, cause)
    const owner = kindOf(this.holders[at] as object)
    const why = `${say.cannotBeCloned(owner.name)} (\`${formatInnerPath(steps.slice(at))}\`: ${what})`
    return new say.Refusal(why, say.REMEDIES.handle, steps.slice(0, at), cause)
  }

  /** Leaves out the current value, a part of an error, and notes its path for that error. */
  omit(): typeof OMITTED {
    this.omissions?.add(this.trail.slice(0, this.depth))
    return OMITTED
  }

  /** Runs `encode` for the parts of one error, the holder entered last; returns the paths of the parts left out. */
  noteOmissions(encode: () => void): string[] | undefined {
    const outer = this.omissions
    const own = (this.omissions = new Omissions(this.depth - 1))
    encode()
    this.omissions = outer
    return own.paths()
  }

  /** Runs `encode` for one part of an error and leaves out whatever cannot be sent. Throws nothing but OVER_BUDGET. */
  leniently(encode: () => unknown): unknown {
    const { depth, omissions } = this
    const { size } = this.seen
    if (this.leniency++ === 0) {
      this.lenientNodes = this.nodes + LENIENT_NODES
      this.lenientDepth = depth + LENIENT_DEPTH
    }
    try {
      return encode()
    } catch (error) {
      if (error === OVER_BUDGET) throw error
      this.depth = depth
      this.omissions = omissions
      this.forget(size)
      return this.omit()
    } finally {
      this.leniency--
    }
  }

  protected checkLenientLimits(): void {
    if (this.leniency > 0 && (this.nodes > this.lenientNodes || this.depth > this.lenientDepth)) throw TOO_MUCH
  }

  /** Forgets the copies made since `seen` had that size. They may be incomplete, so nothing may refer to them. */
  private forget(size: number): void {
    if (this.seen.size === size) return
    for (const object of [...this.seen.keys()].slice(size)) this.seen.delete(object)
  }

  private isInstance(at: number): boolean {
    return kindOf(this.holders[at] as object).encoding === 'data'
  }

  /** Reads own enumerable properties; getters are evaluated. */
  private read(value: object): Record<string, unknown> {
    try {
      return { ...value }
    } catch {
      return this.readEach(value as Record<string, unknown>)
    }
  }

  private readEach(value: Record<string, unknown>): Record<string, unknown> {
    const copy = {}
    this.enter(value)
    for (const key of Object.keys(value)) {
      this.at(key)
      try {
        put(copy, key, value[key])
      } catch (error) {
        this.refuse(say.unreadable(error), say.READABLE, error)
      }
    }
    this.leave()
    return copy
  }
}
