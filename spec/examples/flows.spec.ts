/** The examples of locks, signals and boxes, as programs. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LiveProgram } from '../support/live-program'
import { runProgram } from '../support/program'
import { until } from '../support/until'

const ROOT = join(__dirname, '../..')
const NAMES = ['graceful-shutdown', 'pipeline', 'synchronized']
const LIMIT = 60_000
const program = (name: string): string => join(ROOT, 'examples', name, 'dist/main.js')

beforeAll(() => {
  const tsc = require.resolve('typescript/bin/tsc')
  const folders = NAMES.map((name) => join(ROOT, 'examples', name))
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b', ...folders], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
}, 2 * LIMIT)

test.each(['SIGINT', 'SIGTERM'] as const)(
  'graceful shutdown by %s: the request that is under way is answered',
  async (signal) => {
    const server = new LiveProgram(program('graceful-shutdown'), ['0', '300'])
    await until(() => server.lines.length === 1, 'the server to listen')
    const url = /^http:\S+(?=,)/.exec(server.lines[0] as string)?.[0] as string
    const answer = fetch(url).then((response) => response.text())
    await server.printed('a request')
    server.signal(signal)
    await expect(answer).resolves.toBe('done\n')
    await expect(server.end()).resolves.toEqual({ exitCode: 0, signal: null })
    expect(server.lines.slice(2)).toEqual([`${signal}: no more requests, 1 to finish`, 'bye'])
  },
  LIMIT,
)

test(
  'a pipeline of two pools: every file is there, with its checksum, and one error',
  async () => {
    const { exitCode, stdout, stderr } = await runProgram(program('pipeline'))
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    const files = readdirSync(join(ROOT, 'src/wire')).filter((file) => file.endsWith('.ts'))
    expect(
      lines
        .filter((line) => line.startsWith('ok  '))
        .map((line) => line.split('  ').at(-1))
        .sort(),
    ).toEqual(files.sort())
    expect(lines.filter((line) => !line.startsWith('ok  '))).toEqual(['failed: /no-such-file: 404 Not Found'])
  },
  LIMIT,
)

test(
  'two thread bodies and a process body append to one file: every entry is whole',
  async () => {
    const { exitCode, stdout, stderr } = await runProgram(program('synchronized'), { args: ['30'] })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual([
      '30 deposits, 30 withdrawals, 30 audits',
      expect.stringMatching(/^written by threads: [1-9]\d*, by processes: [1-9]\d*$/),
      'every entry is whole',
    ])
  },
  LIMIT,
)
