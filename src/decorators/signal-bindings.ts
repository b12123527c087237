/**
 * Which methods handle which signals, and for whom.
 *
 * | | bound when |
 * | --- | --- |
 * | static | the class is defined |
 * | instance, stage 3 | the instance is constructed |
 * | instance, legacy | `sighandlers(this)` is called; until then instances are looked for when the signal comes |
 */
import { objectsWith } from '../registry/inspector'
import { shared } from '../registry/shared'
import { callHandler, MethodHandler, type SignalHandler } from '../signals/handlers'
import { releaseOnDispose } from '../signals/release-on-dispose'
import { SignalTable } from '../signals/signal-table'

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
    /** Of instances and classes. */
    bindings: new WeakMap<object, Binding[]>(),
    /** Of prototypes, under legacy decorators. */
    declared: new WeakMap<object, SignalMethod[]>(),
    /** Instances whose handlers were taken down. */
    released: new WeakSet<object>(),
    collected: new FinalizationRegistry<Binding>((binding) => removeHandler(table, binding)),
  }
})

/** Puts a method of an instance, or a static one of a class, in force. */
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

/** Legacy: a method of instances that nobody tells us of. */
export function declare(prototype: object, method: SignalMethod): void {
  state.declared.set(prototype, [...(state.declared.get(prototype) ?? []), method])
  const handler = { handle: (signal: NodeJS.Signals, number: number) => callLiving(prototype, method, signal, number) }
  addHandler({ ...method, handler })
  releaseOnDispose(prototype, release)
}

/** Takes down what is bound to an instance, or class. */
export function release(target: object): void {
  state.released.add(target)
  for (const binding of state.bindings.get(target) ?? []) removeHandler(state.table, binding)
}

/** Puts all handlers of an instance, or class, in force; how many there are. */
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

/** The base class's first, as they would be bound under stage 3. */
function declaredFor(target: object): SignalMethod[] {
  const found: SignalMethod[][] = []
  for (let object: object | null = target; object; object = Object.getPrototypeOf(object) as object | null) {
    found.unshift(state.declared.get(object) ?? [])
  }
  return found.flat()
}

function callLiving(prototype: object, { name }: SignalMethod, signal: NodeJS.Signals, number: number): boolean {
  const living = (objectsWith(prototype) ?? []).filter((object): object is object => isInstance(object))
  if (living.length > 1) warnOfSeveral(living, name, signal)
  for (const instance of living) callHandler(instance, name, signal, number)
  return living.length > 0
}

function isInstance(object: unknown): boolean {
  if (typeof object !== 'object' || object === null || state.released.has(object)) return false
  const cls: unknown = Object.getOwnPropertyDescriptor(object, 'constructor')?.value
  return typeof cls !== 'function' || cls.prototype !== object
}

function warnOfSeveral(living: readonly object[], name: PropertyKey, signal: string): void {
  const cls = living[0]?.constructor.name ?? ''
  process.emitWarning(
    `${signal} was handed to ${living.length} instances of ${cls}: under legacy decorators it cannot be told which of them ` +
      `is to handle it. Call \`sighandlers(this)\` in the constructor, and the last one does.`,
    { type: 'PebbleSignalWarning', detail: `\`${String(name)}\` of ${cls}` },
  )
}
