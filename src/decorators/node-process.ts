/** What programs use of Node's `process`. Names that tools look for on any function are left out: `then`, `toJSON`, … */
const MEMBERS = `
  abort arch argv chdir cpuUsage cwd disconnect emit emitWarning env execArgv execPath exit exitCode getgid getuid
  hrtime kill listenerCount listeners memoryUsage nextTick off on once pid platform ppid prependListener release
  removeAllListeners removeListener report resourceUsage send stderr stdin stdout title umask uptime version versions
`
  .trim()
  .split(/\s+/)

/** The decorator has the name of a global: who imports it hides Node's `process`, and is told so where it is missed. */
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
