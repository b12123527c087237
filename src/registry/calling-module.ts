/** The module that a worker has to import to run the code that called the library. */
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Frame } from './call-sites'
import { framesBelow } from './call-sites'
import type { ModuleRef } from './keys'
import type { ModuleBody } from './module-body'
import { moduleBody } from './module-body'

export interface CallingModule {
  readonly module: ModuleRef
  readonly topLevel: boolean
  /** The positions of the calls from the module's body inwards: tells the places of definition apart, within one thread. */
  readonly chain: string
  /** `line:column` in the module's body. */
  readonly position: string
}

/** @throws TypeError where `override` is neither a URL nor an absolute path. */
export function callingModule(below: Function, override?: string | URL): CallingModule {
  const frames = framesBelow(below)
  const body = moduleBody(frames)
  const path = frames.slice(0, body.index + 1)
  return {
    module: override === undefined ? refOf(frames, body) : refOfOverride(override),
    topLevel: override !== undefined || body.topLevel,
    chain: path.map(positionOf).join(' '),
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

/** `import.meta.url` and `__filename` tell the format by their kind, where the extension does not. */
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

/** One spelling for a file, however its loader spells it. */
function urlOf(file: string): string {
  if (file.startsWith('data:')) return file
  if (!file.startsWith('file:')) return pathToFileURL(file).href
  const { search } = new URL(file)
  return pathToFileURL(fileURLToPath(file)).href + search
}
