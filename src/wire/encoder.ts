/**
 * One walk over a value that is to cross: copies plain data (so that what the caller does to it later is not seen),
 * puts markers for what codecs handle, and finds out how the result can travel.
 *
 * The walk keeps its way from the root in `trail`, so that whatever stops it (a value that cannot cross, a getter that
 * throws) has a path; `holders` are the objects along it. On a throw both stay as they are.
 */
import { encodeObject } from './encode-objects'
import { encodeFunction } from './functions'
import { kindOf } from './value-kinds'
import { isPrimitive, MARK, put, type Marker } from './markers'
import type { PackContext, Transferable } from './packed'
import { formatPath, type Step } from './path'
import * as say from './refusals'
import { Omissions } from './omissions'
import { OMITTED, NEEDS_LIVE, OVER_BUDGET, TOO_MUCH } from './stops'
import { transferListOf } from './transfer'

/**
 * `postMessage` reads what it carries outside of any call of ours: a value too deep for the receiver's stack would be lost.
 * The smallest stack, a main thread's, takes twice as much.
 */
const LIVE_DEPTH = 500
/** What the properties of an error may hold at most. One with more is left out: it may lead to the whole program. */
const LENIENT_NODES = 250_000
const LENIENT_DEPTH = 300

export interface EncoderOptions {
  /** How many objects, properties and items to copy at most. */
  readonly budget: number
  /** The result is for `postMessage`, not for `v8.serialize`. */
  readonly live: boolean
  /** Asks the engine about each leaf: throws where it cannot be cloned. */
  readonly probe?: (leaf: object) => void
}

export class Encoder {
  nodes = 0
  /** There are markers in the result. */
  coded = false
  /** The result holds more than plain data: make it bytes at once, or it is no snapshot. */
  bytes = false
  readonly seen = new Map<object, unknown>()
  /** Objects whose own `[serialize]` is under way. */
  readonly open = new Set<object>()
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

  /** The encoded copy of a value, or DROP. */
  encode(value: unknown): unknown {
    if (typeof value === 'function') return encodeFunction(value, this)
    if (typeof value === 'symbol') return this.refuse(say.cannotBeCloned('symbol'), say.REMEDIES.symbol)
    if (typeof value !== 'object' || value === null) return value
    const known = this.seen.get(value)
    if (known !== undefined) return known
    if (this.leniency > 0 && (this.nodes > this.lenientNodes || this.depth > this.lenientDepth)) throw TOO_MUCH
    const kind = kindOf(value)
    const list = transferListOf(value)
    if (list !== undefined && this.context.kind === 'thread' && !this.lenient) this.move(list)
    return kind.encoding === 'plain' ? this.encodePlain(value) : encodeObject(value, kind, this)
  }

  /** An object as an object literal of its own enumerable properties. */
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

  /** The next steps lead from `holder`. */
  enter(holder: object): void {
    if (this.depth === LIVE_DEPTH && this.options.live)
      throw new say.Refusal(say.TOO_DEEP, say.FLATTEN, this.trail.slice(0, 1))
    this.holders[this.depth++] = holder
  }

  at(step: Step): void {
    this.trail[this.depth - 1] = step
  }

  leave(): void {
    this.depth--
  }

  count(nodes: number): void {
    if ((this.nodes += nodes) > this.options.budget) throw OVER_BUDGET
  }

  mark<M extends Marker>(value: object, marker: M): M {
    this.coded = true
    this.seen.set(value, marker)
    return marker
  }

  /** Inside an error: what cannot cross, or would be moved away, is left out. */
  get lenient(): boolean {
    return this.leniency > 0
  }

  /** Objects that are moved, not copied: only `postMessage` does that. */
  move(list: readonly Transferable[]): void {
    this.needLive()
    this.transfers ??= new Set()
    for (const item of list) this.transfers.add(item)
  }

  needLive(): void {
    if (!this.options.live) throw NEEDS_LIVE
  }

  /** The value cannot cross: throws, or answers DROP where it may be left out. */
  refuse(what: string, remedy: string, cause?: unknown): typeof OMITTED {
    if (this.lenient) return this.omit()
    throw this.refusal(what, remedy, cause)
  }

  /**
   * A refusal of the value that the walk has come to. Where the way there leads through a private field (`_…`) of a
   * class instance, it is that instance which cannot be sent.
   */
  refusal(what: string, remedy: string, cause?: unknown): say.Refusal {
    const steps = this.trail.slice(0, this.depth)
    const at = steps.findIndex((step, i) => typeof step === 'string' && step.startsWith('_') && this.isInstance(i))
    if (at === -1) return new say.Refusal(what, remedy, steps, cause)
    const owner = kindOf(this.holders[at] as object)
    const inner = formatPath('', steps.slice(at)).slice(1)
    const why = `${say.cannotBeCloned(owner.name)} (\`${inner}\`: ${what})`
    return new say.Refusal(why, say.REMEDIES.handle, steps.slice(0, at), cause)
  }

  /** Inside an error, the value that the walk has come to is left out. The error says so. */
  omit(): typeof OMITTED {
    this.omissions?.add(this.trail.slice(0, this.depth))
    return OMITTED
  }

  /** Runs `encode` for the parts of one error, the holder entered last; returns the paths of those that were left out. */
  noteOmissions(encode: () => void): string[] | undefined {
    const outer = this.omissions
    const own = (this.omissions = new Omissions(this.depth - 1))
    encode()
    this.omissions = outer
    return own.paths()
  }

  /** Runs `encode` for one part of an error, with everything left out that cannot cross. Throws nothing but OVER_BUDGET. */
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

  /** Copies made since `seen` had that size may be incomplete: nothing else may refer to them. */
  private forget(size: number): void {
    if (this.seen.size === size) return
    for (const object of [...this.seen.keys()].slice(size)) this.seen.delete(object)
  }

  private isInstance(at: number): boolean {
    return kindOf(this.holders[at] as object).encoding === 'data'
  }

  /** Own enumerable properties, getters evaluated. */
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
