/**
 * Which of the program's Node options its workers inherit. An option that is not in the table is passed on as it is:
 * options of V8, conditions, warnings, and so on.
 */
import type { NodeOption } from '../utils/node-options'

/**
 * - `kept`: passed on as it was written.
 * - `dropped`: left out, with its value.
 * - `path`: names a file or folder. It is made absolute, because a worker may run in another folder.
 * - `module`: names a path, a URL or a package. It is resolved from the folder of the program.
 */
export type InheritRule = 'kept' | 'dropped' | 'path' | 'module'

interface OptionFamily {
  readonly names: RegExp
  readonly process: InheritRule
  /** Threads share what the whole process was started with: files, traces, the debugger. */
  readonly thread: InheritRule
}

const FAMILIES: Readonly<Record<string, OptionFamily>> = {
  // These name the program. A worker that inherited them would run the program again.
  entry: {
    names:
      /^(-[ecip]|-pe|--(eval|check|interactive|print|run|entry-url|input-type|snapshot-blob|build-snapshot(-config)?|(experimental|build)-sea(-config)?))$/,
    process: 'dropped',
    thread: 'dropped',
  },
  // Two processes cannot share one port. A debugger finds threads through the program.
  debugger: { names: /^--(inspect(-.*)?|debug(-port|-brk)?)$/, process: 'dropped', thread: 'kept' },
  // Worker processes would overwrite the profile of the program, or each other's.
  profiles: {
    names: /^--(cpu-prof|heap-prof|trace-event)(-.*)?$|^--(prof|logfile|report-filename)$/,
    process: 'dropped',
    thread: 'kept',
  },
  tests: { names: /^--(experimental-)?test(-.*)?$/, process: 'dropped', thread: 'kept' },
  watch: { names: /^--watch(-.*)?$/, process: 'dropped', thread: 'kept' },
  // Workers inherit the resulting environment. If they read the file again, they would set variables that were removed since.
  environment: { names: /^--env-file(-if-exists)?$/, process: 'dropped', thread: 'kept' },
  preloads: { names: /^(-r|--(require|import|loader|experimental-loader))$/, process: 'module', thread: 'module' },
  files: {
    names:
      /^--((diagnostic|report)-dir|report-directory|redirect-warnings|icu-data-dir|openssl-config|tls-keylog|localstorage-file|experimental-config-file|(experimental-)?policy|allow-fs-(read|write))$/,
    process: 'path',
    thread: 'kept',
  },
}

/** How workers of this kind inherit the option. `--no-x` follows the rule of `--x`. */
export function inheritRule(option: NodeOption, kind: 'thread' | 'process'): InheritRule {
  const name = option.name.replace(/^--no-/, '--')
  const family = Object.values(FAMILIES).find(({ names }) => names.test(name))
  return family?.[kind] ?? 'kept'
}
