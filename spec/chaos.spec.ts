/** Short runs of what `npm run chaos` and `npm run soak` do at length (docs/reliability.md). */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { settled } from './support/until'

const FOLDER = join(__dirname, '..', 'chaos')
/** Every wait in there has its own limit; together they stay below this. */
const LIMIT = 150_000

jest.setTimeout(LIMIT + 10_000)

/** The last figure in each line of what it printed; fails with all of it where the program says that something is wrong. */
async function run(program: string, ...args: string[]): Promise<Record<string, string>> {
  const child = spawn(process.execPath, ['--expose-gc', join(FOLDER, program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const exitCode = await settled(ended, `${program} to end`, LIMIT).finally(() => child.kill('SIGKILL'))
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${exitCode}\n${output}`)
  return Object.fromEntries(output.split('\n').map((line) => line.split(/ {2,}/) as [string, string]))
}

test.each(['thread', 'process'])('chaos around %s workers ends with zeros', async (kind) => {
  const figures = await run('run.mjs', '--seed', '7', '--seconds', '10', '--round', '5', '--kind', kind)
  expect(Number(figures['calls accepted'])).toBeGreaterThan(100)
  expect(figures).toMatchObject({
    'executed more than once': '0',
    'never settled': '0',
    orphans: '0',
    leaks: '0',
    'not what was ordered': '0',
  })
})

test('a soak leaves heap, handles, listeners and files where they were', async () => {
  const figures = await run('soak.mjs', '--calls', '20000', '--cancels', '800', '--replacements', '20')
  expect(figures['calls']).toBe('20000 of 20000')
})
