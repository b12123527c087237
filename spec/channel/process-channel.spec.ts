import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProcessPool } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { Gate } from '../support/gate'
import { isAlive } from '../support/processes'
import { resultOf, runProgram } from '../support/program'
import { LiveProgram } from '../support/live-program'
import '../support/setup'
import { settled, until } from '../support/until'

const folder = (): string => mkdtempSync(join(tmpdir(), 'pebble-starts-'))
const root = join(__dirname, '../..')

/** A folder with a preload that programs in it name by a relative path. */
function withPreload(): string {
  const cwd = folder()
  writeFileSync(join(cwd, 'preload.mjs'), "globalThis.preloaded = 'loaded'")
  return cwd
}

describe('workers started with options of Node', () => {
  test.each(['cwd', 'chdir', 'here'])('load the preloads of the program (folder: %s)', async (where) => {
    const options = { cwd: withPreload(), execArgv: ['--import', './preload.mjs'], args: [where] }
    const [thread, child] = await resultOf('inherits.mts', options)
    expect([thread, child].map(([preloaded]) => preloaded)).toEqual(['loaded', 'loaded'])
  })

  test('load the preloads of NODE_OPTIONS after chdir; processes get NODE_OPTIONS without the debugger', async () => {
    const env = { NODE_OPTIONS: '--import ./preload.mjs --inspect-publish-uid=stderr --max-old-space-size=512' }
    const [thread, child] = await resultOf('inherits.mts', { cwd: withPreload(), env, args: ['chdir'] })
    expect(thread).toEqual(['loaded', ['chdir'], env.NODE_OPTIONS])
    expect(child).toEqual(['loaded', ['chdir'], '--import ./preload.mjs --max-old-space-size=512'])
  })

  test('get the arguments of the program, but not its options for tests and profiles', async () => {
    const cwd = folder()
    const execArgv = ['--test-name-pattern', 'x', '--cpu-prof', '--cpu-prof-dir', cwd, '--inspect-port', '0']
    const [thread, child] = await resultOf('inherits.mts', { cwd, execArgv, args: ['--dry-run', 'b c'] })
    expect([thread[1], child[1]]).toEqual([
      ['--dry-run', 'b c'],
      ['--dry-run', 'b c'],
    ])
  })
})

test.each(['part #1', 'why?', '50% of it', 'a%20b', 'ü (1)'])('workers start in a folder called %s', (name) => {
  const cwd = join(folder(), name)
  mkdirSync(join(cwd, 'node_modules'), { recursive: true })
  const library = join(cwd, 'node_modules/pebble-ts')
  for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(library, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(library, 'node_modules'))
  cpSync(join(root, 'spec/fixtures/programs/in-odd-folder.mjs'), join(cwd, 'main.mjs'))
  const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], { cwd, encoding: 'utf8' })
  expect([stdout.trim(), stderr]).toEqual(['[2,2]', ''])
})

test('a worker runs under a launcher that waits for it instead of becoming it', async () => {
  const execPath = join(folder(), 'launcher')
  writeFileSync(execPath, `#!/bin/sh\n"${process.execPath}" "$@"\nexit $?\n`, { mode: 0o755 })
  const pool = new ProcessPool({ maxWorkers: 1, context: { execPath } })
  const gate = new Gate()
  const call = pool.schedule(tasks.pass, { args: [gate.path] })
  await gate.whenArrived(1)
  await new Promise((resolve) => setTimeout(resolve, 1_000)) // twice the grace period of the watchdog
  gate.open()
  await settled(call)
  pool.close()
  await settled(pool.join())
})

test('a program that runs itself whatever its arguments are does so once, and its call fails with the reason', async () => {
  const starts = join(folder(), 'starts')
  const message = await resultOf<string>('packed.mts', { env: { STARTS: starts } })
  expect(message).toMatch(
    /Expected `.*starts\.sh` to run the script of a worker \(.*\), but it runs the program itself/,
  )
  expect(readFileSync(starts, 'utf8')).toBe('start\nstart\n')
})

test.each(['waiting', 'busy'])('the processes of a thread end if it is stopped while it is %s', async (how) => {
  const program = new LiveProgram('thread-of-process.mts', [join(folder(), 'pid'), how])
  await until(() => program.lines.length > 0, 'the thread to be stopped')
  const pid = Number(program.lines[0])
  expect(pid).toBeGreaterThan(1)
  await until(() => !isAlive(pid), 'the process to end', 10_000)
})

test('workers run neither tests nor hooks of node:test', async () => {
  const { exitCode, stdout, stderr } = await runProgram('node-test.mts')
  const words = stderr.match(/^(?:alone|before|double|triple).*$/gm) ?? [] // on a busy machine there are warnings of slow imports too
  expect([exitCode, words.sort()]).toEqual([0, ['alone', 'before', 'double 6', 'triple 6']])
  expect(stdout).toMatch(/[#ℹ] tests 3\b/) // the reporter of Node 26 writes ℹ
})
