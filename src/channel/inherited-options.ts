/**
 * Which of the program's options of Node its workers get. Every option that is not in the table is handed on as it is:
 * what V8 may do, which conditions and warnings apply, and so on.
 */
import type { NodeOption } from '../utils/node-options'

/**
 * - `kept`: handed on as it was written.
 * - `dropped`: left out, with its value.
 * - `path`: a file or folder, made absolute, because a worker may run in another folder.
 * - `module`: a path, a URL or the name of a package, which has to be found from the folder of the program.
 */
export type Fate = 'kept' | 'dropped' | 'path' | 'module'

interface Family {
  readonly names: RegExp
  readonly process: Fate
  /** Threads share what the process was started with: files, traces, the debugger. They only repeat what is theirs. */
  readonly thread: Fate
}

const FAMILIES: Readonly<Record<string, Family>> = {
  // What the program is. With it a worker would be the program once more.
  entry: {
    names:
      /^(-[ecip]|-pe|--(eval|check|interactive|print|run|entry-url|input-type|snapshot-blob|build-snapshot(-config)?|(experimental|build)-sea(-config)?))$/,
    process: 'dropped',
    thread: 'dropped',
  },
  // One port cannot serve two processes. A debugger finds threads through the program.
  debugger: { names: /^--(inspect(-.*)?|debug(-port|-brk)?)$/, process: 'dropped', thread: 'kept' },
  // Workers would overwrite the profile of the program, or each other's.
  profiles: {
    names: /^--(cpu-prof|heap-prof|trace-event)(-.*)?$|^--(prof|logfile|report-filename)$/,
    process: 'dropped',
    thread: 'kept',
  },
  tests: { names: /^--(experimental-)?test(-.*)?$/, process: 'dropped', thread: 'kept' },
  watch: { names: /^--watch(-.*)?$/, process: 'dropped', thread: 'kept' },
  // What they set is in the environment, which workers get. Read again, they would set what was removed since.
  environment: { names: /^--env-file(-if-exists)?$/, process: 'dropped', thread: 'kept' },
  preloads: { names: /^(-r|--(require|import|loader|experimental-loader))$/, process: 'module', thread: 'module' },
  files: {
    names:
      /^--((diagnostic|report)-dir|report-directory|redirect-warnings|icu-data-dir|openssl-config|tls-keylog|localstorage-file|experimental-config-file|(experimental-)?policy|allow-fs-(read|write))$/,
    process: 'path',
    thread: 'kept',
  },
}

/** What becomes of the option in workers of this kind. `--no-…` belongs to the family of what it switches off. */
export function fateOf(option: NodeOption, kind: 'thread' | 'process'): Fate {
  const name = option.name.replace(/^--no-/, '--')
  const family = Object.values(FAMILIES).find(({ names }) => names.test(name))
  return family?.[kind] ?? 'kept'
}
