/**
 * Installs hooks for `import`: from Node 26 on by `registerHooks()`, in this thread; before by `register()`, in Node's
 * hooks thread. Node 26 deprecates `register()`. Node 22.15 to 24 have `registerHooks()` too, but only their latest
 * releases accept a load hook that leaves CommonJS to `require()`: 22.20 and 24.10, for example, refuse it
 * (https://github.com/nodejs/node/issues/57327).
 */
import Module, { register } from 'node:module'
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module'
import { isPromise } from 'node:util/types'
import { pathToFileURL } from 'node:url'

const NODE = Number.parseInt(process.versions.node, 10)

/** What a hook returns. `next` returns a value in this thread, and a promise of one in Node's hooks thread. */
type Outcome<T> = T | Promise<T>
type Hook<C, T> = (argument: string, context: C, next: (argument: string, context: C) => Outcome<T>) => Outcome<T>

/** A resolve hook that works in either thread. */
export type Resolve = Hook<ResolveHookContext, ResolveFnOutput>
/** A load hook that works in either thread. */
export type Load = Hook<LoadHookContext, LoadFnOutput>

interface Hooks<D> {
  initialize?(data: D): void
  readonly resolve?: Resolve
  readonly load?: Load
}

/** The part of `node:module` that the types of Node 20 do not have. */
interface WithSyncHooks {
  registerHooks?(hooks: Pick<Hooks<unknown>, 'resolve' | 'load'>): void
}

/** @param file the module that exports `hooks` */
export function installHooks<D>(hooks: Hooks<D>, file: string, data: D): void {
  const { registerHooks } = Module as WithSyncHooks
  if (registerHooks === undefined || NODE < 26) return registerFile(pathToFileURL(file).href, data)
  const { resolve, load } = hooks
  hooks.initialize?.(data)
  registerHooks({ ...(resolve && { resolve: forImport(resolve) }), ...(load && { load: forImport(load) }) })
}

/** Makes Node's hooks thread import hooks from a file. No other file calls `register()`. */
export function registerFile(url: string, data: unknown): void {
  register(url, { data })
}

/** Hooks in this thread see `require()` too, which has hooks of its own in `typescript.ts`. */
function forImport<C extends { readonly conditions: readonly string[] }, T>(hook: Hook<C, T>): Hook<C, T> {
  return (argument, context, next) =>
    [...context.conditions].includes('require') ? next(argument, context) : hook(argument, context, next)
}

/** Returns what `attempt` returns or, if it fails, what `recover` returns. Works in either thread. */
export function orElse<T>(attempt: () => Outcome<T>, recover: (error: unknown) => Outcome<T>): Outcome<T> {
  try {
    const outcome = attempt()
    return isPromise(outcome) ? outcome.catch(recover) : outcome
  } catch (error) {
    return recover(error)
  }
}
