import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { monotonic } from '../../src/utils/clock'
import { LIFELINE } from '../../src/wire/messages'

const PROGRAM = join(__dirname, '..', 'fixtures', 'programs', 'leases.ts')
const TSX = pathToFileURL(require.resolve('tsx')).href

const processes = new Set<ChildProcess>()
afterEach(() => {
  for (const child of processes) child.kill('SIGKILL')
  processes.clear()
})

/** A process in a group of its own, as workers are. */
class Guarded {
  readonly #child: ChildProcess
  readonly lifeline: Writable
  output = ''

  constructor(body: string) {
    const stdio = Array.from({ length: LIFELINE + 1 }, (_, fd) => (fd === 1 || fd === LIFELINE ? 'pipe' : 'ignore'))
    this.#child = spawn(process.execPath, ['--import', TSX, PROGRAM, body], { stdio, detached: true })
    processes.add(this.#child)
    this.lifeline = (this.#child.stdio as readonly unknown[])[LIFELINE] as Writable
    this.lifeline.on('error', () => undefined)
  }

  async line(): Promise<void> {
    const [chunk] = (await once(this.#child.stdout as Readable, 'data')) as [Buffer]
    this.output += chunk.toString()
  }

  extend(sequence: number, until: number): void {
    const bytes = Buffer.alloc(16)
    bytes.writeDoubleLE(sequence, 0)
    bytes.writeDoubleLE(until, 8)
    this.lifeline.write(bytes)
  }

  async end(): Promise<unknown> {
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null]
    return signal ?? code
  }
}

test('a process whose main thread loops ends when a lease runs out, although the watchdog waits for a later one', async () => {
  expect(await new Guarded('shorter').end()).toBe('SIGKILL')
})

test('every body is guarded, however many a process has', async () => {
  expect(await new Guarded('last').end()).toBe('SIGKILL')
})

test('bodies that are over end nothing, and their places guard others', async () => {
  const guarded = new Guarded('places')
  expect([await guarded.end(), guarded.output]).toEqual([0, 'alive\n'])
})

test('the parent extends the lease of a body that loops', async () => {
  const guarded = new Guarded('extended')
  await guarded.line()
  guarded.extend(7, monotonic() + 600_000)
  expect([await guarded.end(), guarded.output]).toEqual([0, 'guarded\nalive\n'])
})

test('an extension may come before its body starts', async () => {
  const guarded = new Guarded('extended')
  guarded.extend(7, monotonic() + 600_000)
  expect([await guarded.end(), guarded.output]).toEqual([0, 'guarded\nalive\n'])
})

test('the extension of one body does not extend another', async () => {
  const guarded = new Guarded('extended')
  guarded.extend(8, monotonic() + 600_000)
  expect([await guarded.end(), guarded.output]).toEqual(['SIGKILL', 'guarded\n'])
})

test('a body whose lease has passed does not start', async () => {
  const guarded = new Guarded('passed')
  expect([await guarded.end(), guarded.output]).toEqual(['SIGKILL', ''])
})

test('a body starts if its lease was extended while its process started', async () => {
  const guarded = new Guarded('late')
  guarded.extend(7, monotonic() + 600_000)
  expect([await guarded.end(), guarded.output]).toEqual([0, 'started\n'])
})
