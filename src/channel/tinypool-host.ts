import type { Tinypool } from 'tinypool' with { 'resolution-mode': 'import' }

/** @see loadTinypool */
export async function load(): Promise<typeof Tinypool> {
  return (await import('tinypool')).Tinypool
}
