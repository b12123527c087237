/** The user's modules in this worker. Each is imported once, and its classes are used as soon as they are defined. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { inheritEnvironment, workerEnvironment, type ParentEnvironment } from '../registry/environment'
import { ModuleCode, runAsModule } from '../registry/current-task'
import type { ModuleRef } from '../registry/keys'
import { onRegistration } from '../registry/registrations'
import { Context, runOutside } from '../utils/async-context'
import { after, clearAfter } from '../utils/after'
import { monotonic, setImmediate } from '../utils/clock'
import { guard } from '../utils/failures'
import { importUrl } from '../utils/import-url'
import { isBundled } from '../utils/location'
import { configureLoading, finishLoading, prepareLoading } from './loading/prepare'

/**
 * The import of a module:
 *
 *   loading ──► loaded
 *      └──────► failed
 *
 * While it is loading, its code may be suspended: it has made a dispatching call, and waits for it without end.
 */
export interface ModuleLoad {
  readonly ref: ModuleRef
  readonly state: 'loading' | 'loaded' | 'failed'
  /** What the module exports, once loaded. */
  readonly exports: unknown
  /** Why it failed. */
  readonly error: unknown
  /** Its code has made a dispatching call, which never settles in a worker. */
  readonly suspended: boolean
}

/** A module that still awaits something at its top level is used as it is after this long, in ms. */
const USABLE_AFTER = 1_500
/** If a module has not defined the method after this long, in ms, the call fails. */
const LIMIT = 60_000

/** How many suspended calls are kept: a timer of the main script may make them without end. */
const MAX_SUSPENDED = 1_000

const suspendedCalls: Array<{ self: unknown; promise: unknown }> = []
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
 * @param wantedBy the method or class that needs the module, for messages
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
 * Suspends module code: it has made a dispatching call, which never settles, so code that waits for it stops there.
 * Which module made the call is unknown, so every module that is being loaded counts as suspended.
 */
export function suspendModule(self?: unknown, promise?: unknown): void {
  if (suspendedCalls.length < MAX_SUSPENDED) suspendedCalls.push({ self, promise })
  for (const load of loads.values()) load.suspend()
}

/** The classes whose methods module code has called. They are found even if the main script does not export them. */
export function suspendedClasses(): Function[] {
  return [...new Set(suspendedCalls.flatMap(({ self }) => classOf(self)))]
}

function classOf(self: unknown): Function[] {
  if (typeof self === 'function') return [self]
  return typeof self === 'object' && self !== null && typeof self.constructor === 'function' ? [self.constructor] : []
}

/**
 * Resolves when the definitions of the module can be used: when its import has settled or, once `isDefined()` holds, when
 * its code is suspended or USABLE_AFTER has passed. By then the code from the definition to the first dispatching call, or
 * to the first long wait, has run, as it has in the parent.
 */
export function whenUsable(load: ModuleLoad, isDefined: () => boolean): Promise<void> {
  return (load as Load).whenUsable(isDefined)
}

class Load implements ModuleLoad {
  state: ModuleLoad['state'] = 'loading'
  exports: unknown
  error: unknown
  suspended = false
  readonly #started = monotonic()
  readonly #usableChecks = new Set<() => void>()

  constructor(
    readonly ref: ModuleRef,
    readonly wantedBy: string,
  ) {}

  start(): void {
    this.suspended = isBundled && suspendedCalls.length > 0 // the code of a bundle may have run before this
    // Module code runs in an asynchronous context of its own: no body sees what it enters.
    const code = new ModuleCode(this.ref.url, this.wantedBy)
    const run = (): Promise<unknown> => new Context().run(() => runAsModule(code, () => importModule(this.ref)))
    runOutside(run, undefined).then(
      (exports) => this.#settle('loaded', exports, undefined),
      (error: unknown) => this.#settle('failed', undefined, error),
    )
  }

  suspend(): void {
    this.suspended = true
    if (this.state === 'loading') this.#wake()
  }

  whenUsable(isDefined: () => boolean): Promise<void> {
    if (this.#isUsable(isDefined)) return Promise.resolve()
    return new Promise((resolve) => {
      const check = (): void => {
        if (!this.#isUsable(isDefined)) return
        for (const timer of timers) clearAfter(timer)
        this.#usableChecks.delete(check)
        stopListening()
        resolve()
      }
      // The code below the definition runs in the same turn, up to the next wait: check after that.
      const stopListening = onRegistration(() => setImmediate(() => guard(check)))
      const elapsed = this.#elapsed()
      // Timers cut off fractions, and may fire 1 ms early. A check that came too early would not be made again.
      const left = (limit: number): number => Math.ceil(Math.max(limit - elapsed, 0)) + 1
      const timers = [USABLE_AFTER, LIMIT].map((limit) => after(left(limit), check).unref())
      this.#usableChecks.add(check)
    })
  }

  #isUsable(isDefined: () => boolean): boolean {
    if (this.state !== 'loading') return true
    const hasWaited = this.#elapsed() >= USABLE_AFTER
    if (isDefined()) return this.suspended || hasWaited
    return (this.suspended && hasWaited) || this.#elapsed() >= LIMIT
  }

  #elapsed(): number {
    return monotonic() - this.#started
  }

  #settle(state: 'loaded' | 'failed', exports: unknown, error: unknown): void {
    this.state = state
    this.exports = exports
    this.error = error
    this.#wake()
  }

  #wake(): void {
    for (const check of [...this.#usableChecks]) check()
  }
}

async function importModule(ref: ModuleRef): Promise<unknown> {
  const preparing = prepareLoading(ref)
  if (preparing !== undefined) await preparing
  const exports: unknown = ref.format === 'esm' ? await importUrl(ref.url) : requireFile(fileURLToPath(ref.url))
  finishLoading()
  return exports
}

/** CommonJS is not imported: `import()` would bypass hooks of `require()` and wrap the exports. */
function requireFile(file: string): unknown {
  return createRequire(file)(file)
}
