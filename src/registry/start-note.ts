/**
 * The note that a parent leaves for a worker process in an environment variable, to be read before there is a session.
 */
import { fstatSync } from 'node:fs'

export interface StartNote {
  /** The script that the process was started with. */
  readonly entry: string
  /** The executable that was started. */
  readonly program: string
  /**
   * Identifies the slot file (see `fileIdentity`). Only the worker has it open, and none of the processes that it
   * starts.
   */
  readonly slotFile: string
  /** The working directory, if it differs from the one that Node.js was started in. */
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

/** Reads the note and removes it: it is not meant for the processes that this one starts. */
export function takeNote(): StartNote | undefined {
  const note = readNote()
  delete process.env[VARIABLE]
  return note
}

/** The same for all descriptors of one file, in any process. */
export function fileIdentity(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true })
  return `${dev}:${ino}`
}
