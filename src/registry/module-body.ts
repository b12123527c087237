/**
 * Which frame is the body of the module that is being loaded. Not the nearest: between the decorator and it stand
 * helpers (tslib, reflect-metadata), decorators of the user's that apply ours, factories and mixins of other modules.
 * It is the last frame of the user's before the first frame of a loader.
 */
import type { Frame } from './call-sites'

export interface ModuleBody {
  /** Its place among the frames; -1 where no frame is the user's. */
  readonly index: number
  /** False: the code runs in a function that was called after its module had loaded. */
  readonly topLevel: boolean
  readonly format: 'esm' | 'cjs'
}

const LOADER =
  /^node:internal\/(modules|vm)|[\\/](jest-runtime[\\/]build|vitest[\\/]dist|vite-node[\\/]dist|vite[\\/]dist|jiti[\\/](dist|lib))[\\/]/
const ESM_LOADER = /^node:internal\/vm\/module|[\\/](vitest|vite-node|vite)[\\/]dist[\\/]/
// The last is what stands in for vitest's in a worker.
const TEST_RUNNER =
  /^node:internal\/test_runner|[\\/](jest-circus|jest-jasmine2|@vitest[\\/]runner)[\\/]|[\\/]worker[\\/]loading[\\/]test-runner\.[jt]s$/
const DEPENDENCY = /[\\/]node_modules[\\/]/

export function moduleBody(frames: readonly Frame[]): ModuleBody {
  return loadingBody(frames) ?? collectedBody(frames) ?? awaitingBody(frames) ?? afterLoad(frames)
}

function loadingBody(frames: readonly Frame[]): ModuleBody | null {
  const loader = frames.findIndex((frame) => !frame.async && LOADER.test(frame.file ?? ''))
  const index = loader < 0 ? -1 : lastUserFrame(frames, loader)
  // vitest's runner stands on its loader: what a test calls is no body.
  const isBody = index >= 0 && !frames.slice(index, loader).some(({ file }) => TEST_RUNNER.test(file ?? ''))
  return isBody ? { index, topLevel: true, format: formatOf(frames[index], frames[loader]) } : null
}

/** vitest runs the callbacks of `describe` after the body of their file: they belong to it. */
function collectedBody(frames: readonly Frame[]): ModuleBody | null {
  const collector = frames.findIndex(({ name, file }) => name === 'runWithSuite' && TEST_RUNNER.test(file ?? ''))
  const index = collector < 0 ? -1 : lastUserFrame(frames, collector)
  return index < 0 ? null : { index, topLevel: true, format: 'esm' }
}

/** After a top-level await, and always under vitest, a body is resumed with no loader below it: only its promise's. */
function awaitingBody(frames: readonly Frame[]): ModuleBody | null {
  const waiting = frames.findIndex((frame) => frame.async)
  const end = waiting < 0 ? frames.length : waiting
  const index = lastUserFrame(frames, end)
  const frame = frames[index]
  const alone = frames.slice(index + 1, end).every(({ file }) => file === null || file.includes('task_queues'))
  if (frame === undefined || frame.name !== null || !alone) return null
  const starter = frames.slice(end).find(({ file }) => LOADER.test(file ?? '') || TEST_RUNNER.test(file ?? ''))
  // vitest wraps bodies in a function; else an anonymous function that was resumed must not pass for a body.
  const isBody = starter === undefined ? frame.startsFile !== false : LOADER.test(starter.file ?? '')
  return isBody ? { index, topLevel: true, format: 'esm' } : null // only ES modules can await
}

function afterLoad(frames: readonly Frame[]): ModuleBody {
  const own = frames.findIndex((frame) => isUserFrame(frame) && !DEPENDENCY.test(frame.file ?? ''))
  const index = own < 0 ? frames.findIndex(isUserFrame) : own
  return { index, topLevel: false, format: formatOf(frames[index], undefined) }
}

function formatOf(body: Frame | undefined, loader: Frame | undefined): 'esm' | 'cjs' {
  if (/^(file|data):/.test(body?.file ?? '')) return 'esm'
  return ESM_LOADER.test(loader?.file ?? '') ? 'esm' : 'cjs' // Jest and vitest give ES modules plain paths
}

function lastUserFrame(frames: readonly Frame[], end: number): number {
  for (let index = end - 1; index >= 0; index--) if (isUserFrame(frames[index] as Frame)) return index
  return -1
}

/** A file: neither Node's own code, nor a test runner's, nor a native frame, nor the virtual module of a bundler's helpers. */
function isUserFrame({ file }: Frame): boolean {
  return file !== null && /^(file:|data:|\/|[a-z]:[\\/]|\\\\)/i.test(file) && !TEST_RUNNER.test(file)
}
