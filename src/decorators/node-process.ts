/**
 * The members of Node's `process` that programs use, without those that tools look for on any function (`then`,
 * `toJSON`).
 */
const MEMBERS = [
  ...(['abort', 'arch', 'argv', 'chdir', 'cpuUsage', 'cwd', 'disconnect', 'emit', 'emitWarning', 'env'] as const),
  ...(['execArgv', 'execPath', 'exit', 'exitCode', 'getgid', 'getuid', 'hrtime', 'kill', 'listenerCount'] as const),
  ...(['listeners', 'memoryUsage', 'nextTick', 'off', 'on', 'once', 'pid', 'platform', 'ppid'] as const),
  ...(['prependListener', 'release', 'removeAllListeners', 'removeListener', 'report', 'resourceUsage'] as const),
  ...(['send', 'stderr', 'stdin', 'stdout', 'title', 'umask', 'uptime', 'version', 'versions'] as const),
] as const

/** A member of Node's `process` on the decorator. It cannot be used: the compiler prints the sentence. */
export interface NotNodesProcess<Sentence extends string> {
  readonly [sentence]: Sentence
}
declare const sentence: unique symbol

/** What a module sees that imports the decorator `process` and means Node's. Each of them throws. */
export type NodeMembers = {
  [
    Member in (typeof MEMBERS)[number]
  ]: NotNodesProcess<"✗ `process` is the decorator of pebble-ts here. Import Node's by another name: `import nodeProcess from 'node:process'`">
}

/**
 * Makes `process.env` and the like throw on the decorator. It has the name of a global: a module that imports it no
 * longer sees Node's `process`, and the error says so.
 */
export function refuseNodeMembers<T extends object>(decorator: T): T {
  for (const name of MEMBERS) {
    const refuse = (): never => {
      throw new TypeError(
        `\`process.${name}\`: \`process\` is the decorator of pebble-ts here. Import Node's by another name, ` +
          "`import nodeProcess from 'node:process'`, or the decorator: `import { process as inProcess } from 'pebble-ts'`.",
      )
    }
    Object.defineProperty(decorator, name, { get: refuse, set: refuse, configurable: true }) // not enumerable
  }
  return decorator
}
