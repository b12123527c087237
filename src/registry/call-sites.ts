/** The raw call sites: what source-map support and Jest do to `stack` is not in them. */

/** One frame of a stack, the nearest first. */
export interface Frame {
  /** A path, a `file:` or `data:` URL, or what an exotic loader calls its module. */
  readonly file: string | null
  readonly line: number
  readonly column: number
  readonly name: string | null
  /** It waits for what the frames before it do. */
  readonly async: boolean
  /** Its function starts where the file does, as a module's body does; null where V8 does not tell. */
  readonly startsFile: boolean | null
}

/**
 * The frames under `below`, down to the first of Node's module loader: modules that import each other stack up hundreds
 * below that. All from here on where `below` is not on the stack.
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
  // Reflect answers false, where assignment throws, under --frozen-intrinsics.
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

/** Of code that was evaluated (webpack's `devtool: 'eval'`), the file that holds the text. */
function fileOf(site: NodeJS.CallSite): string | null {
  if (!site.isEval()) return site.getFileName() ?? null
  const origin = site.getEvalOrigin() ?? '' // eval at ./src/a.ts (eval at … (/dist/main.js:10:1))
  return /\(([^()]+):\d+:\d+\)/.exec(origin)?.[1] ?? site.getFileName() ?? null
}

/** Frozen intrinsics leave the text only. */
function sitesOfText(stack: string): NodeJS.CallSite[] {
  const lines = stack.split('\n').flatMap((line) => {
    const found = /^\s+at (async )?(?:(.*?) \()?([^()]+?):(\d+):(\d+)\)?$/.exec(line)
    return found === null ? [] : [found]
  })
  return lines.map(([, waits, name, file, line, column]) => ({
    getFileName: () => file ?? null,
    getFunctionName: () => (name === undefined || name.endsWith('<anonymous>') ? null : name),
    getLineNumber: () => Number(line),
    getColumnNumber: () => Number(column),
    isAsync: () => waits !== undefined,
    isEval: () => false,
  })) as unknown as NodeJS.CallSite[]
}
