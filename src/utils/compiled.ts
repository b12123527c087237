/**
 * Compiling the library takes most of the time of its import, in a program and again in each worker. So what V8 has
 * compiled is kept in the folder of `cache-folder.ts`: a later program loads it from there.
 *
 * The entry points and the files of workers call `loadCompiled` before they require the rest of the library. It puts the
 * evaluated modules where `require` finds them. If anything is unusual (a bundle, the sandbox of a test runner, a folder
 * that others can write to, coverage), it does nothing, and `require` loads the same files. After its first call, a
 * program or worker that found nothing stores what it has compiled by then.
 */
import { closeSync, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { cacheFolder, markUsed, prune, writeAtomically } from './cache-folder'
import { dateNow, setImmediate } from './clock'
import { isBundled } from './location'
import { isForeign } from './realm'

/** Each has a file of its own, because each uses other functions of the library. */
export type Role = 'program' | 'thread' | 'process'

const PROGRAM = 'pebble-ts-program.js'
const WORKER = 'pebble-ts-worker.js'
const FILES: Readonly<Record<Role, readonly string[]>> = {
  program: [PROGRAM],
  thread: [PROGRAM, WORKER],
  process: [PROGRAM, WORKER],
}

/** The second half of the file is read in pieces of this size, in bytes. */
const PIECE = 32 * 1024
/** Programs with other flags of V8 replace each other's file at most this often, in ms. */
const REPLACED_AFTER = 60 * 60 * 1000

interface Missing {
  readonly file: string
  readonly key: string
  readonly scripts: readonly Script[]
}

let missing: Missing | undefined

/** Loads the large files of the library, if a cache of them can be used. */
export function loadCompiled(role: Role): void {
  try {
    if (isUsable()) load(role)
  } catch {
    // `require` loads the same files, and throws the error if it is one of them
  }
}

/** Call this after the first call: the functions that it needs are compiled now. Later calls do nothing. */
export function storeCompiled(): void {
  if (missing === undefined) return
  const found = missing
  missing = undefined
  setImmediate(() => store(found))
}

function isUsable(): boolean {
  const { NODE_V8_COVERAGE: coverage, NODE_DISABLE_COMPILE_CACHE: disabled } = process.env
  if (isBundled || isForeign || coverage || disabled) return false
  if ('bun' in process.versions || 'deno' in process.versions) return false
  const { _cache, getCompileCacheDir } = Module as unknown as { _cache: unknown; getCompileCacheDir?(): unknown }
  return require.cache === _cache && getCompileCacheDir?.() === undefined // else Node itself keeps a cache
}

function load(role: Role): void {
  const paths = FILES[role].map((name) => join(__dirname, name))
  if (paths.some((path) => path in require.cache)) return
  const folder = cacheFolder()
  if (folder === null) return
  const key = keyOf(paths)
  const file = join(folder, `${role}-${hash(key)}.code`)
  const memory = new Memory()
  const sources = paths.map((path) => sourceOf(path, memory))
  const kept = read(file, key, memory)
  const scripts = paths.map((path, index) => evaluate(path, sources[index] as string, kept?.parts[index]))
  const isRejected = scripts.some(({ cachedDataRejected }) => cachedDataRejected)
  if (kept === undefined || (isRejected && dateNow() - kept.time > REPLACED_AFTER)) missing = { file, key, scripts }
}

/** What the compiled code depends on. V8 also checks its version and flags, but not whether the source is the same. */
function keyOf(paths: readonly string[]): string {
  const flags = process.execArgv.filter((flag) => !flag.startsWith('--inspect'))
  const sources = paths.map((path) => {
    const { size, mtimeMs, ctimeMs } = statSync(path)
    return [path, size, mtimeMs, ctimeMs]
  })
  return JSON.stringify([process.version, process.arch, flags, process.env['NODE_OPTIONS'], sources])
}

/** FNV-1a; `node:crypto` takes 2 ms to load. The file has the key itself. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return (value >>> 0).toString(16).padStart(8, '0')
}

/** The file as the body of a function. It is ASCII, and Latin-1 is the fastest way to read that. */
function sourceOf(path: string, memory: Memory): string {
  const [before, after] = Module.wrap('|').split('|') as [string, string]
  return withFile(path, (fd, { size }) => {
    const end = before.length + size
    const bytes = memory.take(end + after.length)
    bytes.write(before, 0, 'latin1')
    fill(bytes.subarray(before.length, end), fd, 0)
    bytes.write(after, end, 'latin1')
    return bytes.toString('latin1')
  })
}

function evaluate(path: string, source: string, cachedData: Buffer | undefined): Script {
  const script = new Script(source, { filename: path, cachedData })
  const module = new Module(path)
  module.filename = path
  require.cache[path] = module
  try {
    const run = script.runInThisContext() as (this: unknown, ...args: unknown[]) => void
    run.call(module.exports, module.exports, createRequire(path), module, path, dirname(path))
    module.loaded = true
  } catch (error) {
    delete require.cache[path]
    throw error
  }
  return script
}

interface Kept {
  readonly parts: readonly Buffer[]
  /** When it was written, or marked as used, in ms since 1970. */
  readonly time: number
}

/**
 * The file holds its content twice. V8 does not check what it loads, and a damaged file would end the process. A checksum
 * would take 2 ms, because its module has to be loaded.
 *
 * Each half: a line of JSON with the key and the sizes of the parts, then the parts.
 */
function read(file: string, key: string, memory: Memory): Kept | undefined {
  try {
    return withFile(file, (fd, { size, mtimeMs }) => {
      const bytes = memory.take(size / 2)
      fill(bytes, fd, 0)
      if (!isRepeated(bytes, fd)) return undefined
      const start = bytes.indexOf('\n') + 1
      const header = JSON.parse(bytes.toString('utf8', 0, start)) as { readonly key: string; readonly sizes: number[] }
      if (header.key !== key) return undefined
      let end = start
      const parts = header.sizes.map((length) => bytes.subarray(end, (end += length)))
      if (end !== bytes.length) return undefined
      markUsed(file, dateNow())
      return { parts, time: mtimeMs }
    })
  } catch {
    return undefined // there is none
  }
}

/** Whether the second half of the file equals `half`. */
function isRepeated(half: Buffer, fd: number): boolean {
  const piece = Buffer.allocUnsafe(PIECE)
  for (let at = 0; at < half.length; at += PIECE) {
    const expected = half.subarray(at, at + PIECE)
    const found = piece.subarray(0, expected.length)
    fill(found, fd, half.length + at)
    if (!found.equals(expected)) return false
  }
  return true
}

/** Memory for one file after the other. To touch new memory takes as long as to read the file. */
class Memory {
  #bytes = Buffer.alloc(0)

  /** @returns `size` bytes, which are valid until the next call */
  take(size: number): Buffer {
    if (this.#bytes.length < size) this.#bytes = Buffer.allocUnsafeSlow(size)
    return this.#bytes.subarray(0, size)
  }
}

function withFile<R>(path: string, use: (fd: number, stats: Stats) => R): R {
  const fd = openSync(path, 'r')
  try {
    return use(fd, fstatSync(fd))
  } finally {
    closeSync(fd)
  }
}

/** @throws if the file ends before */
function fill(bytes: Uint8Array, fd: number, position: number): void {
  for (let at = 0; at < bytes.length;) {
    const count = readSync(fd, bytes, at, bytes.length - at, position + at)
    if (count === 0) throw new RangeError('The file is too short.')
    at += count
  }
}

function store({ file, key, scripts }: Missing): void {
  writeAtomically(file, () => {
    const parts = scripts.map((script) => script.createCachedData())
    const header = Buffer.from(`${JSON.stringify({ key, sizes: parts.map((part) => part.length) })}\n`)
    const half = [header, ...parts]
    return Buffer.concat([...half, ...half])
  })
  prune(dateNow())
}
