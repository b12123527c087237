import { join } from 'node:path'
import { ownFolders } from '../utils/location'

/** This package's code, as it runs and as source maps show it. */
const FOLDERS = ownFolders.map((folder) => join(folder, 'worker'))
/** Never matches in a bundle, where no frame tells whose code it is. */
const OURS = new RegExp(`\\n[^\\n]*(?:${FOLDERS.map(escape).join('|') || '(?!)'})`)

/** Cuts the frames of this library off a body's error: below them is nothing of the user's. */
export function withoutOurFrames(error: unknown): unknown {
  try {
    if (!(error instanceof Error)) return error
    const { stack } = error
    const at = typeof stack === 'string' ? stack.search(OURS) : -1
    if (at > 0) error.stack = stack?.slice(0, at)
  } catch {
    // frozen, or a stack that throws: it stays as it is
  }
  return error
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
