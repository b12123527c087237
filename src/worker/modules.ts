/** The user's modules in this worker: each is imported once, and its classes are used as soon as they stand. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { inheritEnvironment, workerEnvironment, type ParentEnvironment } from '../registry/environment'
import { ModuleCode, runAsModule } from '../registry/current-task'
import type { ModuleRef } from '../registry/keys'
import { onRegistration } from '../registry/registrations'
import { Context, runOutside } from '../utils/async-context'
import { after, clearAfter } from '../utils/after'
import { now, setImmediate } from '../utils/clock'
import { guard } from '../utils/failures'
import { isBundled } from '../utils/location'
import { configureLoading, finishLoading, prepareLoading } from './loading/prepare'

/** How far a module has come. */
export interface ModuleLoad {
  readonly ref: ModuleRef
  readonly state: 'loading' | 'loaded' | 'failed'
  /** What the module exports, once loaded. */
  readonly exports: unknown
  /** Why it failed. */
  readonly error: unknown
  /** Its code has come to a call that it dispatches itself. */
  readonly parked: boolean
}

/** A module that awaits at its top level something that never comes is used as it stands after this long, in ms. */
const GRACE = 1_500
/** A module that has not even defined the method after this long, in ms, never will. */
const LIMIT = 60_000

/** A timer of the main script may call for ever: no more than this many calls are kept. */
const MAX_SUSPENDED = 1_000

const suspended: Array<{ self: unknown; promise: unknown }> = []
const loads = new Map<string, Load>()

export function configureModules(environment: ParentEnvironment): void {
  inheritEnvironment(environment)
  configureLoading(environment.testRunner)
}

export function isMainModule(ref: ModuleRef): boolean {
  return workerEnvironment().mainModule === ref.url
}

/**
 * Starts the import, once.
 *
 * @param wantedBy what it is for, for messages
 */
export function loadModule(ref: ModuleRef, wantedBy: string): ModuleLoad {
  const found = loads.get(ref.url)
  if (found !== undefined) return found
  const load = new Load(ref, wantedBy)
  loads.set(ref.url, load)
  load.start()
  return load
}

/**
 * A dispatching call was made outside a body: module code that waits for it gets no further. Which module made it
 * cannot be told, so it counts for all that are being loaded. See {@link WorkerRole}.
 */
export function suspendModule(self?: unknown, promise?: unknown): void {
  if (suspended.length < MAX_SUSPENDED) suspended.push({ self, promise })
  for (const load of loads.values()) load.suspend()
}

/** The classes whose methods module code has called: the main script need not export them. */
export function suspendedClasses(): Function[] {
  return [...new Set(suspended.flatMap(({ self }) => classOf(self)))]
}

function classOf(self: unknown): Function[] {
  if (typeof self === 'function') return [self]
  return typeof self === 'object' && self !== null && typeof self.constructor === 'function' ? [self.constructor] : []
}

/**
 * Settles when what the module defines can be used: when its import has settled, or, once `isDefined`, when its code
 * has parked or the grace has passed. Code between the definition and the first dispatched call, or the first long
 * wait, has then run, as it has in the parent.
 */
export function whenUsable(load: ModuleLoad, isDefined: () => boolean): Promise<void> {
  return (load as Load).whenUsable(isDefined)
}

class Load implements ModuleLoad {
  state: ModuleLoad['state'] = 'loading'
  exports: unknown
  error: unknown
  parked = false
  readonly #started = now()
  readonly #waiting = new Set<() => void>()

  constructor(
    readonly ref: ModuleRef,
    readonly wantedBy: string,
  ) {}

  start(): void {
    this.parked = isBundled && suspended.length > 0 // a bundle that this worker began with may have come so far already
    // Module code has an asynchronous context of its own: it shares what it enters with no body.
    const code = new ModuleCode(this.ref.url, this.wantedBy)
    const run = (): Promise<unknown> => new Context().run(() => runAsModule(code, () => importModule(this.ref)))
    runOutside(run, undefined).then(
      (exports) => this.#settle('loaded', exports, undefined),
      (error: unknown) => this.#settle('failed', undefined, error),
    )
  }

  suspend(): void {
    this.parked = true
    if (this.state === 'loading') this.#wake()
  }

  whenUsable(isDefined: () => boolean): Promise<void> {
    if (this.#isUsable(isDefined)) return Promise.resolve()
    return new Promise((resolve) => {
      const check = (): void => {
        if (!this.#isUsable(isDefined)) return
        for (const timer of timers) clearAfter(timer)
        this.#waiting.delete(check)
        stopListening()
        resolve()
      }
      // What defines the method also runs the code below it, up to the next wait: look after that.
      const stopListening = onRegistration(() => setImmediate(() => guard(check)))
      const elapsed = this.#elapsed()
      const timers = [GRACE, LIMIT].map((limit) => after(Math.max(limit - elapsed, 0) + 1, check).unref())
      this.#waiting.add(check)
    })
  }

  #isUsable(isDefined: () => boolean): boolean {
    if (this.state !== 'loading') return true
    const late = this.#elapsed() >= GRACE
    if (isDefined()) return this.parked || late
    return (this.parked && late) || this.#elapsed() >= LIMIT
  }

  #elapsed(): number {
    return now() - this.#started
  }

  #settle(state: 'loaded' | 'failed', exports: unknown, error: unknown): void {
    this.state = state
    this.exports = exports
    this.error = error
    this.#wake()
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }
}

async function importModule(ref: ModuleRef): Promise<unknown> {
  const preparing = prepareLoading(ref)
  if (preparing !== undefined) await preparing
  const exports: unknown =
    ref.format === 'esm' ? await import(/* webpackIgnore: true */ ref.url) : requireFile(fileURLToPath(ref.url))
  finishLoading()
  return exports
}

/** Not import(): hooks of require() and the exports as they are must stay in force. */
function requireFile(file: string): unknown {
  return createRequire(file)(file)
}
