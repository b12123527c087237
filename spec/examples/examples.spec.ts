/** Pebble's own documented examples: what its documentation promises, printed by the programs of examples/. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { runProgram } from '../support/program'

const ROOT = join(__dirname, '../..')
const NAMES = ['unstable-function', 'failing-elements', 'fibonacci', 'million']
const LIMIT = 60_000

beforeAll(() => {
  const tsc = require.resolve('typescript/bin/tsc')
  const folders = NAMES.map((name) => join(ROOT, 'examples', name))
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b', ...folders], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
}, 2 * LIMIT)

async function linesOf(name: string, ...args: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await runProgram(join(ROOT, 'examples', name, 'dist/main.js'), { args })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

const at = (name: string): unknown =>
  expect.stringMatching(new RegExp(`^    at .*examples/${name}/src/main\\.ts:\\d+:\\d+`))

test(
  'an unstable function: its limit, its exit code, its traceback; the pool works on',
  async () => {
    expect(await linesOf('unstable-function')).toEqual([
      'all is well',
      'unstable took longer than 1000 ms',
      expect.stringMatching(
        /^Worker process \d+ exited with code 17 while it ran `unstable` of main\.js\. Exit code: 17$/,
      ),
      'unstable raised RangeError: the moon is in the wrong phase',
      'RangeError: the moon is in the wrong phase',
      at('unstable-function'),
      'all is well',
    ])
  },
  LIMIT,
)

test(
  'map with elements that fail: the iteration goes on behind each',
  async () => {
    expect(await linesOf('failing-elements')).toEqual([
      '-1',
      'invert raised RangeError: 0 has no inverse',
      'RangeError: 0 has no inverse',
      at('failing-elements'),
      '1',
      '0.5',
      expect.stringMatching(/^Worker process \d+ exited with code 3 while it ran `invert` of main\.js\. Exit code: 3$/),
      'invert took longer than 1000 ms',
      '0.2',
    ])
  },
  LIMIT,
)

test(
  'Fibonacci numbers until the limit passes; the rest is cancelled',
  async () => {
    const lines = await linesOf('fibonacci', '300')
    const numbers = lines.slice(0, -1).map(Number)
    expect(lines.at(-1)).toMatch(/^TimeoutError after \d+ of 60: aborting the remaining computations$/)
    expect(numbers.length).toBeGreaterThan(20)
    expect(numbers.slice(0, 2)).toEqual([0, 1])
    for (let n = 2; n < numbers.length; n++) expect(numbers[n]).toBe(numbers[n - 1]! + numbers[n - 2]!)
  },
  LIMIT,
)

test(
  'one million elements in chunks come back in their order',
  async () => {
    expect(await linesOf('million')).toEqual([
      expect.stringMatching(/^1000000 elements came back in their order, in chunks of \d+$/),
    ])
  },
  LIMIT,
)
