import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  /** The folder to walk. */
  root: string
  maxFiles: number
  /** Limit of the total size of the files, in bytes. */
  maxBytes: number
}

export const USAGE = `npm start -- [--root folder] [--max-files 1500] [--max-mb 60]`

/** @throws {RangeError} if a limit is not a positive number */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      root: { type: 'string', default: resolve(__dirname, '../../../node_modules') },
      'max-files': { type: 'string', default: '1500' },
      'max-mb': { type: 'string', default: '60' },
    },
  })
  return {
    root: resolve(values.root),
    maxFiles: positive('--max-files', values['max-files']),
    maxBytes: positive('--max-mb', values['max-mb']) * 1_000_000,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new RangeError(`Expected ${name} to be a positive number, got \`${text}\``)
  return value
}
