import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `type` of the nearest package.json; undefined if it has none. */
export function packageType(file: string): string | undefined {
  const folder = dirname(file)
  if (!types.has(folder)) types.set(folder, read(folder))
  return types.get(folder)
}

const types = new Map<string, string | undefined>()

function read(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { type?: string }).type
  } catch {
    return dirname(folder) === folder ? undefined : packageType(folder)
  }
}
