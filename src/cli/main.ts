/** Parses the arguments and runs one command. */
import { createRequire } from 'node:module'
import { packageFolder } from '../utils/location'
import { detailOf } from '../utils/text'
import { ExitCode, UsageError, type Command } from './command'
import { doctor } from './doctor/command'
import { queue } from './queue/command'
import { work } from './work/command'
import type { CAC } from 'cac' with { 'resolution-mode': 'import' }

const COMMANDS: readonly Command[] = [doctor, work, queue]

/** Resolves to the exit code; never rejects. */
export async function runCli(argv: readonly string[]): Promise<ExitCode> {
  process.stdout.on('error', () => undefined) // `head` has closed the pipe; the write reports it
  let cli: CAC | undefined
  try {
    const { cac } = await import('cac') // an ES module; `require` of one warns in Node.js 20
    cli = cac('pebble-ts')
    for (const command of COMMANDS) command(cli)
    cli.help(withoutNoise).version(versionOfPackage())
    cli.parse(inCamelCase(argv), { run: false })
    return await run(cli)
  } catch (error) {
    return report(error, cli?.matchedCommandName)
  }
}

/**
 * The parser knows options without a value only by their names in camel case. Otherwise it takes the word after
 * `--as-program` for the value of that option.
 */
function inCamelCase(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  const isOption = (index: number): boolean => end < 0 || index < end
  return argv.map((argument, index) => (isOption(index) ? argument.replace(NAME, camelCase) : argument))
}

/** The name of an option that has hyphens; not one that begins with `--no-`, which has no value for the parser. */
const NAME = /^--(?!no-)[a-z]+(?:-[a-z]+)+(?==|$)/

const camelCase = (name: string): string =>
  `--${name.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`

async function run(cli: CAC): Promise<ExitCode> {
  if (cli.options['help'] === true || cli.options['version'] === true) return ExitCode.Fine
  if (cli.matchedCommand === undefined) {
    throw new UsageError(
      cli.args[0] === undefined ? 'A command is missing.' : `There is no command \`${cli.args[0]}\`.`,
    )
  }
  return (await cli.runMatchedCommand()) as ExitCode
}

/** The parser shows a default for options that begin with `--no-`, and spaces at the end of lines. */
function withoutNoise(sections: readonly HelpSection[]): HelpSection[] {
  return sections.map(({ body, ...rest }) => ({ ...rest, body: body.replace(/ \(default: true\)| +$/gm, '') }))
}

interface HelpSection {
  title?: string
  body: string
}

function report(error: unknown, command?: string): ExitCode {
  if (error instanceof UsageError || (error as Error | undefined)?.name === 'CACError') {
    process.stderr.write(
      `pebble-ts: ${(error as Error).message}\nTry \`pebble-ts ${command ? `${command} ` : ''}--help\`.\n`,
    )
    return ExitCode.Usage
  }
  process.stderr.write(`pebble-ts: ${detailOf(error)}\n`)
  return ExitCode.Wrong
}

function versionOfPackage(): string {
  return (createRequire(__filename)(`${packageFolder}/package.json`) as { version: string }).version
}
