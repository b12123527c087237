/**
 * The members of Node's `process` that programs use, without those that tools look for on any function (`then`,
 * `toJSON`).
 */
const MEMBERS = `
  abort arch argv chdir cpuUsage cwd disconnect emit emitWarning env execArgv execPath exit exitCode getgid getuid
  hrtime kill listenerCount listeners memoryUsage nextTick off on once pid platform ppid prependListener release
  removeAllListeners removeListener report resourceUsage send stderr stdin stdout title umask uptime version versions
`
  .trim()
  .split(/\s+/)

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
