/**
 * The methods that handle signals, and the objects that they are bound to.
 *
 * | method | is bound when |
 * | --- | --- |
 * | static | the class is defined |
 * | of an instance, stage 3 | the instance is constructed |
 * | of an instance, legacy | `sighandlers(this)` is called; without that, instances are searched for when the signal comes |
 */
import { objectsWith } from '../registry/inspector'
import { shared } from '../registry/shared'
import { callHandler, MethodHandler, type SignalHandler } from '../signals/handlers'
import { releaseOnDispose } from '../signals/release-on-dispose'
import { SignalTable } from '../signals/signal-table'
import { isPrototypeOfClass, prototypeChain } from '../utils/objects'

/** One decorated method. */
export interface SignalMethod {
  readonly name: PropertyKey
  readonly signals: readonly NodeJS.Signals[]
}

interface Binding extends SignalMethod {
  readonly handler: SignalHandler
}

const state = shared('signals', () => {
  const table = new SignalTable()
  return {
    table,
    /** By instance or class. */
    bindings: new WeakMap<object, Binding[]>(),
    /** By prototype: the methods that legacy decorators have declared. */
    declared: new WeakMap<object, SignalMethod[]>(),
    /** Instances whose handlers were removed. */
    released: new WeakSet<object>(),
    collected: new FinalizationRegistry<Binding>((binding) => removeHandler(table, binding)),
  }
})

/** Makes a method of an instance, or a static one of a class, the handler of its signals. */
export function bind(target: object, method: SignalMethod): void {
  const handler = new MethodHandler(target, method.name)
  const binding = { ...method, handler }
  const all = state.bindings.get(target) ?? []
  state.bindings.set(target, [...all, binding])
  if (typeof target !== 'function') {
    state.collected.register(target, binding)
    releaseOnDispose(Object.getPrototypeOf(target) as object, release) // a subclass may dispose in its own way
  }
  addHandler(binding)
}

/** Legacy decorators: adds a handler for a method of instances whose construction is not seen. */
export function declare(prototype: object, method: SignalMethod): void {
  state.declared.set(prototype, [...(state.declared.get(prototype) ?? []), method])
  const handler = { handle: (signal: NodeJS.Signals, number: number) => callLiving(prototype, method, signal, number) }
  addHandler({ ...method, handler })
  releaseOnDispose(prototype, release)
}

/** Removes the handlers that are bound to an instance, or class. */
export function release(target: object): void {
  state.released.add(target)
  for (const binding of state.bindings.get(target) ?? []) removeHandler(state.table, binding)
}

/** Adds all handlers of an instance, or class. Returns their number. */
export function bindAll(target: object): number {
  state.released.delete(target)
  const known = state.bindings.get(target) ?? []
  for (const binding of known) addHandler(binding)
  const missing = declaredFor(target).filter(({ name }) => !known.some((binding) => binding.name === name))
  for (const method of missing) bind(target, method)
  return known.length + missing.length
}

function addHandler(binding: Binding): void {
  for (const signal of binding.signals) state.table.add(signal, binding.handler)
}

function removeHandler(table: SignalTable, { signals, handler }: Binding): void {
  for (const signal of signals) table.remove(signal, handler)
}

/** The methods of the base class come first, in the order in which stage 3 would bind them. */
function declaredFor(target: object): SignalMethod[] {
  return [...prototypeChain(target)].reverse().flatMap((object) => state.declared.get(object) ?? [])
}

function callLiving(prototype: object, { name }: SignalMethod, signal: NodeJS.Signals, number: number): boolean {
  const living = (objectsWith(prototype) ?? []).filter((object): object is object => isInstance(object))
  if (living.length > 1) warnOfSeveral(living, name, signal)
  for (const instance of living) callHandler(instance, name, signal, number)
  return living.length > 0
}

function isInstance(object: unknown): boolean {
  return typeof object === 'object' && object !== null && !state.released.has(object) && !isPrototypeOfClass(object)
}

function warnOfSeveral(living: readonly object[], name: PropertyKey, signal: string): void {
  const cls = living[0]?.constructor.name ?? ''
  process.emitWarning(
    `${signal} was handed to ${living.length} instances of ${cls}: with legacy decorators, the library does not know which ` +
      'of them should handle it. Call `sighandlers(this)` in the constructor: then the last instance handles it.',
    { type: 'PebbleSignalWarning', detail: `\`${String(name)}\` of ${cls}` },
  )
}
