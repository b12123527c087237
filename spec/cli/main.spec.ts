import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, type Outcome } from '../support/program'

const ROOT = join(__dirname, '..', '..')
const CLI = join(ROOT, 'dist', 'cli.js')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const run = (...args: string[]): Promise<Outcome> => runProgram(CLI, { args })

test('--help lists the commands', async () => {
  const { exitCode, stdout, stderr } = await run('--help')
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`pebble-ts/${version}

Usage:
  $ pebble-ts <command> [options]

Commands:
  doctor <module>      Check whether workers can run the decorated methods and tasks of a module
  work <...modules>    Run the calls of a queue in processes of this machine
  queue <action> [id]  Look at a queue: stats, failed, retry <id>, forget <id>

For more info, run any command with the \`--help\` flag:
  $ pebble-ts doctor --help
  $ pebble-ts work --help
  $ pebble-ts queue --help

Options:
  -h, --help     Display this message
  -v, --version  Display version number
`)
})

test('--help of a command lists its options', async () => {
  const { exitCode, stdout, stderr } = await run('doctor', '--help')
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`pebble-ts/${version}

Usage:
  $ pebble-ts doctor <module>

Options:
  --kind <kind>   Check one kind of worker: thread or process (default: both)
  --timeout <ms>  Limit for the import of the module, in ms (default: 30000)
  --json          Print the report as JSON
  --no-instances  Make no instances of the classes to look at their fields
  --as-program    Also import the module as the program does. This starts what the module starts
  -h, --help      Display this message

Examples:
  $ pebble-ts doctor src/reports.ts
  $ pebble-ts doctor dist/main.js --kind process --json
`)
})

test('--version prints the version of the package', async () => {
  const { exitCode, stdout } = await run('--version')
  expect([exitCode, stdout.split(' ')[0]]).toEqual([0, `pebble-ts/${version}`])
})

const MISSING = '/no/such/file.js'
const WORK = ['--queue', 'a', '--connection', 'redis://127.0.0.1:1']

describe('an option before the arguments leaves them alone', () => {
  test.each([
    ['doctor', '--json'],
    ['doctor', '--as-program'],
    ['doctor', '--asProgram'],
    ['doctor', '--no-instances'],
    ['doctor', '--kind', 'thread'],
    ['doctor', '--timeout', '5'],
    ['doctor', '--as-program', '--no-instances', '--json'],
    ['work', '--no-secret', ...WORK],
    ['work', ...WORK, '--no-secret'],
    ['work', '--processes', '2', ...WORK],
    ['work', '--secret-env', 'HOME', ...WORK],
    ['work', '--root', '/', ...WORK],
    ['work', '--allow', 'dist', ...WORK],
    ['work', '--lease', '5000', ...WORK],
    ['work', '--drain', '0', ...WORK],
    ['work', '--prefetch', '1', ...WORK],
  ])('%s %s %s %s', async (...args) => {
    const { exitCode, stderr } = await run(...args, MISSING)
    expect([exitCode, stderr]).toEqual([
      2,
      `pebble-ts: There is no file ${MISSING}.\nTry \`pebble-ts ${args[0]} --help\`.\n`,
    ])
  })

  test.each([['--no-secret'], ['--secret-env', 'HOME'], WORK])('queue %s', async (...args) => {
    const { exitCode, stderr } = await run('queue', ...args, 'look')
    expect([exitCode, stderr.split('\n')[0]]).toEqual([
      2,
      'pebble-ts: Expected an action: stats, failed, retry, forget. Got look.',
    ])
  })
})

test.each([
  [[], 'A command is missing.'],
  [['doctr'], 'There is no command `doctr`.'],
  [['doctor'], 'missing required args for command `doctor <module>`'],
  [['doctor', 'a.js', 'b.js'], 'Unused args: `b.js`'],
  [['doctor', 'a.js', '--knd', 'thread'], 'Unknown option `--knd`'],
  [['doctor', 'a.js', '--kind'], 'option `--kind <kind>` value is missing'],
  [['doctor', 'a.js', '--kind', 'fiber'], 'Expected --kind to be thread or process, got fiber.'],
  [
    ['doctor', 'a.js', '--kind', 'thread', '--kind', 'process'],
    'Expected --kind to be thread or process, got thread and process.',
  ],
  [['doctor', 'a.js', '--timeout', '5s'], 'Expected --timeout to be a positive number of milliseconds, got 5s.'],
  [['doctor', 'a.js', '--timeout', '0'], 'Expected --timeout to be a positive number of milliseconds, got 0.'],
  [['doctor', '/no/such/file.js'], 'There is no file /no/such/file.js.'],
  [['doctor', __dirname], `${__dirname} is not a file. Name the module that defines the methods.`],
  [
    ['doctor', join(__dirname, '../../LICENSE')],
    `${join(__dirname, '../../LICENSE')} is not a module: expected a file that ends with .js, .mjs, .cjs, .ts, .mts, .cts, .tsx, .jsx.`,
  ],
])('wrong usage ends with 2 and says what is wrong: %j', async (args, message) => {
  const { exitCode, stdout, stderr } = await run(...args)
  const help = args[0] === 'doctor' ? 'pebble-ts doctor --help' : 'pebble-ts --help'
  expect([exitCode, stdout, stderr]).toEqual([2, '', `pebble-ts: ${message}\nTry \`${help}\`.\n`])
})
