/** Finds the module that called the library: the one that a worker has to import to run code of it. */
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Frame } from './call-sites'
import { framesBelow } from './call-sites'
import type { ModuleRef } from './keys'
import type { ModuleBody } from './module-body'
import { moduleBody } from './module-body'

export interface CallingModule {
  readonly module: ModuleRef
  /** Whether the call was made while the module was loading: its definitions exist in a worker that imports the module. */
  readonly topLevel: boolean
  /**
   * The positions of all frames from the library to the body of the module. It distinguishes definitions within one thread.
   */
  readonly callPath: string
  /** `line:column` in the body of the module. */
  readonly position: string
}

/**
 * @param below the frames below this function are examined
 * @param override the module, if the user has given it (option `module`)
 * @throws TypeError if `override` is neither a URL nor an absolute path
 */
export function callingModule(below: Function, override?: string | URL): CallingModule {
  const frames = framesBelow(below)
  const body = moduleBody(frames)
  const path = frames.slice(0, body.index + 1)
  return {
    module: override === undefined ? refOf(frames, body) : refOfOverride(override),
    topLevel: override !== undefined || body.topLevel,
    callPath: path.map(positionOf).join(' '),
    position: positionOf(path[path.length - 1]),
  }
}

function positionOf(frame: Frame | undefined): string {
  return frame === undefined ? '' : `${frame.line}:${frame.column}`
}

function refOf(frames: readonly Frame[], body: ModuleBody): ModuleRef {
  const file = frames[body.index]?.file ?? frames.find((frame) => frame.file?.startsWith('['))?.file ?? '[eval]'
  return { url: urlOf(file), format: body.format }
}

/** If the extension does not tell the format, the kind does: `import.meta.url` is a URL, `__filename` a path. */
function refOfOverride(override: string | URL): ModuleRef {
  const text = typeof override === 'string' ? override : override.href
  const isUrl = /^(file|data):/.test(text)
  if (!isUrl && !isAbsolute(text)) {
    throw new TypeError(
      `Expected \`module\` to be \`import.meta.url\`, \`__filename\` or another absolute path or file URL, got ${JSON.stringify(text)} (string)`,
    )
  }
  const extension = /\.([cm])[jt]s$/.exec(text)?.[1]
  const format = extension === undefined ? (isUrl ? 'esm' : 'cjs') : extension === 'm' ? 'esm' : 'cjs'
  return { url: urlOf(text), format }
}

/** The same URL for a file, however its loader spells it. */
function urlOf(file: string): string {
  if (file.startsWith('data:')) return file
  if (!file.startsWith('file:')) return pathToFileURL(file).href
  const { search } = new URL(file)
  return pathToFileURL(fileURLToPath(file)).href + search
}
