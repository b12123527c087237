import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../support/program'

const PROGRAM = join(__dirname, '../fixtures/programs/compiled/main.cjs')
const PRELOAD = join(__dirname, '../fixtures/programs/compiled/note-scripts.cjs')
const OUR_FOLDER = `pebble-ts-${process.getuid?.()}`
/** The program, a thread and a process load this. */
const all = (cache: string): string[] => [
  `pebble-ts-program.js ${cache}`,
  `pebble-ts-program.js ${cache}`,
  `pebble-ts-program.js ${cache}`,
  `pebble-ts-worker.js ${cache}`,
  `pebble-ts-worker.js ${cache}`,
]

let home: string
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'pebble-compiled-'))))
afterEach(() => rmSync(home, { recursive: true }))

interface Run {
  readonly printed: string[]
  /** The large files of the library that were not loaded by `require`, and whether from a cache. */
  readonly scripts: string[]
}

let runs = 0

async function run(env: Record<string, string> = {}, execArgv: readonly string[] = []): Promise<Run> {
  const notes = join(home, `notes-${(runs += 1)}`)
  const { exitCode, stdout, stderr } = await runProgram(PROGRAM, {
    env: { TMPDIR: home, NOTES: notes, ...env },
    execArgv: ['-r', PRELOAD, ...execArgv],
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return { printed: JSON.parse(stdout) as string[], scripts: linesOf(notes).sort() }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  } catch {
    return [] // nothing was noted
  }
}

const folder = (): string => join(home, OUR_FOLDER)
const caches = (): string[] => readdirSync(folder()).map((name) => join(folder(), name))
const roles = (): string[] => readdirSync(folder()).map((name) => name.replace(/-[0-9a-f]{8}\.code$/, ''))

test('a program stores what it has compiled, and the next one loads it', async () => {
  const first = await run()
  expect([first.scripts, roles().sort()]).toEqual([all('none'), ['process', 'program', 'thread']])
  const written = caches().map((file) => statSync(file).mtimeMs)
  const second = await run()
  expect(second.scripts).toEqual(all('used'))
  expect(caches().map((file) => statSync(file).mtimeMs)).toEqual(written)
})

test('stacks and errors are the same with and without the cache', async () => {
  const plain = await run({ NODE_DISABLE_COMPILE_CACHE: '1' })
  const [compiling, cached] = [await run(), await run()]
  expect([plain.scripts, cached.scripts]).toEqual([[], all('used')])
  expect([compiling.printed, cached.printed]).toEqual([plain.printed, plain.printed])
  expect(cached.printed[0]).toMatch(/dist\/library\/pebble-ts-worker\.js:\d+$/)
  expect(cached.printed[1]).toMatch(/^RangeError: no\n {4}at .*compiled\/tasks\.cjs:9:9\)/)
})

describe('a damaged file is not loaded, and replaced', () => {
  test.each([
    ['one bit', (bytes: Buffer) => flip(bytes, bytes.length >> 2)],
    ['its end', (bytes: Buffer) => bytes.fill(0, bytes.length * 0.9)],
    ['its header', (bytes: Buffer) => flip(flip(bytes, 3), (bytes.length >> 1) + 3)],
    ['all of it', (bytes: Buffer) => bytes.fill(0)],
    ['its length', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    ['nothing is left', () => Buffer.alloc(0)],
  ])('%s', async (_what, damage) => {
    await run()
    for (const file of caches()) writeFileSync(file, damage(readFileSync(file)))
    expect((await run()).scripts).toEqual(all('none'))
    expect((await run()).scripts).toEqual(all('used'))
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 0x55
  return bytes
}

test('a file for another version of the library is not loaded', async () => {
  await run()
  for (const file of caches()) {
    const bytes = readFileSync(file)
    const half = bytes.subarray(0, bytes.length / 2)
    const start = half.indexOf('\n')
    const other = half.toString('utf8', 0, start).replace('pebble-ts-program.js', 'pebble-ts-program.ts')
    const changed = Buffer.concat([Buffer.from(other), half.subarray(start)])
    writeFileSync(file, Buffer.concat([changed, changed]))
  }
  expect((await run()).scripts).toEqual(all('none'))
})

test('programs that start at the same time all run, and leave complete files only', async () => {
  const first = await Promise.all(Array.from({ length: 4 }, () => run()))
  for (const { scripts } of first) expect(scripts.filter((line) => line.endsWith('rejected'))).toEqual([])
  expect(roles().sort()).toEqual(['process', 'program', 'thread'])
  expect((await run()).scripts).toEqual(all('used'))
})

test('each set of flags has files of its own', async () => {
  await run()
  const flags = ['--stack-size=900']
  const other = await run({}, flags)
  expect([other.scripts, (await run({}, flags)).scripts]).toEqual([all('none'), all('used')])
  expect((await run()).scripts).toEqual(all('used'))
})

test('code of V8 with other flags, which its file does not name, is compiled again', async () => {
  const setFlags = join(home, 'flags.cjs')
  const text = (flag: string): void => writeFileSync(setFlags, `require('node:v8').setFlagsFromString('${flag}')`)
  text('--no-opt')
  await run({}, ['-r', setFlags])
  text('--opt')
  const { scripts } = await run({}, ['-r', setFlags])
  expect(scripts.every((line) => /used|rejected/.test(line))).toBe(true)
  expect(scripts).toContain('pebble-ts-program.js rejected')
})

describe('nothing is stored', () => {
  test('where others could put code', async () => {
    mkdirSync(folder())
    chmodSync(folder(), 0o777)
    expect([(await run()).scripts, roles()]).toEqual([[], []])
  })

  test('where there is no folder', async () => {
    expect((await run({ TMPDIR: '/dev/null' })).scripts).toEqual([])
  })

  test.each(['NODE_V8_COVERAGE', 'NODE_DISABLE_COMPILE_CACHE'])('with %s', async (variable) => {
    expect((await run({ [variable]: join(home, 'coverage') })).scripts).toEqual([])
  })
})
