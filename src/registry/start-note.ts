/** What a parent tells a worker process in its environment, before there is a session. */
import { fstatSync } from 'node:fs'

export interface StartNote {
  /** The script of the worker: what this process was told to run. */
  readonly entry: string
  /** The executable that was started. */
  readonly program: string
  /** Which file the slot file is. Only the worker itself has it open, and no process that it starts. */
  readonly slotFile: string
  /** The folder to run in, where it is not the one that Node starts in. */
  readonly cwd?: string
}

const VARIABLE = 'PEBBLE_TS_WORKER'

export function writeNote(note: StartNote): NodeJS.ProcessEnv {
  return { [VARIABLE]: JSON.stringify(note) }
}

export function readNote(): StartNote | undefined {
  const text = process.env[VARIABLE]
  return text === undefined ? undefined : (JSON.parse(text) as StartNote)
}

/** Reads it, and removes it: it is not for the processes that this one starts. */
export function takeNote(): StartNote | undefined {
  const note = readNote()
  delete process.env[VARIABLE]
  return note
}

export function fileIdentity(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true })
  return `${dev}:${ino}`
}
