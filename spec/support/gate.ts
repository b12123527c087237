/**
 * Gates hold bodies in workers until a spec opens them, and tell the spec which bodies have arrived. They are files,
 * which threads and processes can share.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until'

const open = new Set<Gate>()

/** One gate. Pass its `path` to a body that calls `passGate` or `blockAtGate` of `fixtures/gates`. */
export class Gate {
  readonly folder = mkdtempSync(join(tmpdir(), 'pebble-spec-'))
  readonly path = join(this.folder, 'gate')

  constructor() {
    open.add(this)
  }

  /** Lets all bodies pass, now and later. */
  open(): void {
    writeFileSync(`${this.path}.open`, '')
  }

  /** The number of bodies that have arrived at the gate. */
  get arrived(): number {
    return lines(`${this.path}.arrived`).length
  }

  /** The process ids of the bodies that have arrived. */
  get pids(): number[] {
    return lines(`${this.path}.arrived`).map(Number)
  }

  /** Waits until `count` bodies have arrived. */
  async whenArrived(count = 1): Promise<void> {
    await until(() => this.arrived >= count, `${count} bodies at the gate`)
  }

  close(): void {
    if (existsSync(this.folder)) this.open() // bodies that wait go on, and end
    open.delete(this)
    setImmediate(() => setTimeout(() => rmSync(this.folder, { recursive: true, force: true }), 1_000).unref())
  }
}

/** Opens all gates after a test, so that no body waits for ever. */
export function closeGates(): void {
  for (const gate of open) gate.close()
}

/** A file of this test, which bodies can write to. */
export function scratchFile(name = 'log'): string {
  return join(new Gate().folder, name)
}

/** The lines of a file; none if it does not exist. */
export function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}
