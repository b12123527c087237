/**
 * The frames of the current stack, read from V8's call sites. Unlike the text of `stack`, they show the code that runs,
 * without source maps and without the changes that Jest makes. `util.getCallSites()` is not enough: it has no `async`,
 * no `startsFile` and no origin of evaluated code, and Node 20 does not have it.
 */

/** One frame of a stack. */
export interface Frame {
  /** A path, a `file:` or `data:` URL, or the name that an unusual loader gives its module. */
  readonly file: string | null
  readonly line: number
  readonly column: number
  readonly name: string | null
  /** The function is suspended: it awaits what the frames before it do. */
  readonly async: boolean
  /** Whether the function starts where the file does, as the body of a module does; null if V8 does not say. */
  readonly startsFile: boolean | null
}

/**
 * The frames below the function `below`, the nearest first, down to the first frame of Node's module loader: below that
 * there may be hundreds, of modules that import each other. If `below` is not on the stack, all frames of the caller.
 */
export function framesBelow(below: Function): Frame[] {
  const sites = capture(below)
  const frames: Frame[] = []
  for (const site of sites.length > 0 ? sites : capture(framesBelow)) {
    const frame = frameOf(site)
    frames.push(frame)
    if (frame.file?.startsWith('node:internal/modules/') === true) break
  }
  return frames
}

function capture(below: Function): NodeJS.CallSite[] {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  // With --frozen-intrinsics, assignment throws, and these return false.
  Reflect.defineProperty(Error, 'stackTraceLimit', { value: Infinity, configurable: true, writable: true })
  Reflect.defineProperty(Error, 'prepareStackTrace', { value: keepSites, configurable: true, writable: true })
  try {
    const holder: { stack?: unknown } = {}
    Error.captureStackTrace(holder, below)
    const stack = holder.stack
    return Array.isArray(stack) ? (stack as NodeJS.CallSite[]) : sitesOfText(String(stack))
  } finally {
    restore('stackTraceLimit', limit)
    restore('prepareStackTrace', prepare)
  }
}

function keepSites(_error: Error, sites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  return sites
}

function restore(name: 'stackTraceLimit' | 'prepareStackTrace', descriptor: PropertyDescriptor | undefined): void {
  if (descriptor === undefined) Reflect.deleteProperty(Error, name)
  else Reflect.defineProperty(Error, name, descriptor)
}

function frameOf(site: NodeJS.CallSite): Frame {
  const enclosing = site.getEnclosingLineNumber?.() as number | undefined
  return {
    file: fileOf(site),
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
    name: site.getFunctionName(),
    async: site.isAsync(),
    startsFile: enclosing === undefined ? null : enclosing === 1 && site.getEnclosingColumnNumber?.() === 1,
  }
}

/** For evaluated code (webpack's `devtool: 'eval'`), the file that contains its text. */
function fileOf(site: NodeJS.CallSite): string | null {
  if (!site.isEval()) return site.getFileName() ?? null
  const origin = site.getEvalOrigin() ?? '' // eval at ./src/a.ts (eval at … (/dist/main.js:10:1))
  return /\(([^()]+):\d+:\d+\)/.exec(origin)?.[1] ?? site.getFileName() ?? null
}

/** With --frozen-intrinsics, only the text of the stack is available. */
function sitesOfText(stack: string): NodeJS.CallSite[] {
  const lines = stack.split('\n').flatMap((line) => {
    const found = /^\s+at (async )?(?:(.*?) \()?([^()]+?):(\d+):(\d+)\)?$/.exec(line)
    return found === null ? [] : [found]
  })
  return lines.map(([, async, name, file, line, column]) => ({
    getFileName: () => file ?? null,
    getFunctionName: () => (name === undefined || name.endsWith('<anonymous>') ? null : name),
    getLineNumber: () => Number(line),
    getColumnNumber: () => Number(column),
    isAsync: () => async !== undefined,
    isEval: () => false,
  })) as unknown as NodeJS.CallSite[]
}
