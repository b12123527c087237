/**
 * Installs hooks for `import`: in this thread from Node 26 on, in Node's thread for hooks before. Node 26 deprecates
 * `register()`. Earlier versions have `registerHooks()` as well, but many of them (22.20 and 24.10, for example) refuse a
 * load hook that leaves CommonJS to `require()`: https://github.com/nodejs/node/issues/57327
 */
import Module, { register } from 'node:module'
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module'
import { isPromise } from 'node:util/types'
import { pathToFileURL } from 'node:url'

const NODE = Number.parseInt(process.versions.node, 10)

/** What a hook returns: `next` gives a value in this thread, and a promise of one in Node's thread for hooks. */
type Outcome<T> = T | Promise<T>
type Hook<C, T> = (argument: string, context: C, next: (argument: string, context: C) => Outcome<T>) => Outcome<T>

/** Works in either thread. */
export type Resolve = Hook<ResolveHookContext, ResolveFnOutput>
/** Works in either thread. */
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
  if (registerHooks === undefined || NODE < 26) return register(pathToFileURL(file).href, { data })
  const { resolve, load } = hooks
  hooks.initialize?.(data)
  registerHooks({ ...(resolve && { resolve: forImport(resolve) }), ...(load && { load: forImport(load) }) })
}

/** Hooks in this thread see `require()` too, which has hooks of its own in `require-hook.ts`. */
function forImport<C extends { readonly conditions: readonly string[] }, T>(hook: Hook<C, T>): Hook<C, T> {
  return (argument, context, next) =>
    [...context.conditions].includes('require') ? next(argument, context) : hook(argument, context, next)
}

/** What `attempt` returns, or what `recover` makes of its failure; in either thread. */
export function orElse<T>(attempt: () => Outcome<T>, recover: (error: unknown) => Outcome<T>): Outcome<T> {
  try {
    const outcome = attempt()
    return isPromise(outcome) ? outcome.catch(recover) : outcome
  } catch (error) {
    return recover(error)
  }
}
