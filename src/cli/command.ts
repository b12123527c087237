/** What a command of the CLI is. Each has a file of its own; `main.ts` lists them. */
import type { CAC } from 'cac' with { 'resolution-mode': 'import' }

/** How a command ends: `0` nothing is wrong, `1` something is, `2` wrong usage. */
export enum ExitCode {
  Fine = 0,
  Wrong = 1,
  Usage = 2,
}

/** The command was called in a wrong way. The message says what was expected. */
export class UsageError extends Error {}

/** Adds a command to the parser. Its action returns or resolves to an {@link ExitCode}. */
export type Command = (cli: CAC) => void
