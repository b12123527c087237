/** `pebble-ts doctor <module>`: whether workers can run the methods of a module, and what stands in their way. */
import { ExitCode, UsageError, type Command } from '../command'
import { diagnose, type DoctorOptions } from './diagnose'
import { print } from './print'
import type { Kind } from './report'
import { findTarget } from './target'

const KINDS: readonly Kind[] = ['thread', 'process']
/** How long an import may take, in ms, unless `--timeout` says otherwise. */
const TIMEOUT = 30_000

/** As the parser gives them: an option that is given twice is an array. */
interface Given {
  readonly kind?: unknown
  readonly timeout?: unknown
  readonly json?: unknown
  readonly instances?: unknown
  readonly asProgram?: unknown
}

export const doctor: Command = (cli) => {
  cli
    .command('doctor <module>', 'Check whether workers can run the decorated methods and tasks of a module')
    .option('--kind <kind>', 'Check one kind of worker: thread or process (default: both)')
    .option('--timeout <ms>', `Limit for the import of the module, in ms (default: ${TIMEOUT})`)
    .option('--json', 'Print the report as JSON')
    .option('--no-instances', 'Make no instances of the classes to look at their fields')
    .option('--as-program', 'Also import the module as the program does. This starts what the module starts')
    .example((name) => `  $ ${name} doctor src/reports.ts`)
    .example((name) => `  $ ${name} doctor dist/main.js --kind process --json`)
    .action((module: string, given: Given) => run(module, given))
}

async function run(module: string, given: Given): Promise<ExitCode> {
  const options = readOptions(given)
  const report = await diagnose(findTarget(module), options)
  await write(given.json === true ? JSON.stringify(report, null, 2) : print(report))
  return report.ok ? ExitCode.Fine : ExitCode.Wrong
}

function readOptions({ kind, timeout, instances, asProgram }: Given): DoctorOptions {
  if (kind !== undefined && !KINDS.includes(kind as Kind)) {
    throw new UsageError(`Expected --kind to be thread or process, got ${text(kind)}.`)
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    throw new UsageError(`Expected --timeout to be a positive number of milliseconds, got ${text(timeout)}.`)
  }
  return {
    kinds: kind === undefined ? KINDS : [kind as Kind],
    timeout: timeout ?? TIMEOUT,
    construct: instances !== false,
    asProgram: asProgram === true,
  }
}

const text = (value: unknown): string => (Array.isArray(value) ? value.join(' and ') : String(value))

/** Resolves when the text is written: a pipe may take it in parts. A reader that wants no more of it is no error. */
function write(output: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${output}\n`, (error) => (error && !isClosedPipe(error) ? reject(error) : resolve()))
  })
}

const isClosedPipe = (error: Error): boolean => (error as NodeJS.ErrnoException).code === 'EPIPE'
