/**
 * Gates hold bodies in workers until a spec lets them go on, and tell it that they came. Files, for those are what
 * threads and processes share.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until'

const open = new Set<Gate>()

/** One gate: give its `path` to a body that calls `passGate` or `blockAtGate` of `fixtures/gates`. */
export class Gate {
  readonly folder = mkdtempSync(join(tmpdir(), 'pebble-spec-'))
  readonly path = join(this.folder, 'gate')

  constructor() {
    open.add(this)
  }

  /** Lets everybody pass, now and later. */
  open(): void {
    writeFileSync(`${this.path}.open`, '')
  }

  /** How many bodies have come to the gate. */
  get arrived(): number {
    return lines(`${this.path}.arrived`).length
  }

  /** The process ids of those that came. */
  get pids(): number[] {
    return lines(`${this.path}.arrived`).map(Number)
  }

  /** Waits for `count` bodies to come. */
  async whenArrived(count = 1): Promise<void> {
    await until(() => this.arrived >= count, `${count} bodies at the gate`)
  }

  close(): void {
    if (existsSync(this.folder)) this.open() // whoever waits goes on, and ends
    open.delete(this)
    setImmediate(() => setTimeout(() => rmSync(this.folder, { recursive: true, force: true }), 1_000).unref())
  }
}

/** Opens all gates of the test that ends: no body waits for ever. */
export function closeGates(): void {
  for (const gate of open) gate.close()
}

/** A file of the test's own, for bodies to write to. */
export function scratchFile(name = 'log'): string {
  return join(new Gate().folder, name)
}

/** The lines of a file; none where there is no file. */
export function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}
