/**
 * Finds the frame that is the body of the module being loaded. It is the last frame of user code before the first frame
 * of a loader. It is not the nearest frame: between the decorator and the body there may be helpers (tslib,
 * reflect-metadata), user decorators that apply ours, and factories and mixins of other modules.
 */
import type { Frame } from './call-sites'

export interface ModuleBody {
  /** Its index among the frames; -1 if no frame is user code. */
  readonly index: number
  /** False if the code runs in a function that was called after its module had loaded. */
  readonly topLevel: boolean
  readonly format: 'esm' | 'cjs'
}

const LOADER =
  /^node:internal\/(modules|vm)|[\\/](jest-runtime[\\/]build|vitest[\\/]dist|vite-node[\\/]dist|vite[\\/]dist|jiti[\\/](dist|lib))[\\/]/
const ESM_LOADER = /^node:internal\/vm\/module|[\\/](vitest|vite-node|vite)[\\/]dist[\\/]/
// The last one is our replacement for vitest's module in workers.
const TEST_RUNNER =
  /^node:internal\/test_runner|[\\/](jest-circus|jest-jasmine2|@vitest[\\/]runner)[\\/]|[\\/]worker[\\/]loading[\\/]test-runner\.[jt]s$/
const DEPENDENCY = /[\\/]node_modules[\\/]/

export function moduleBody(frames: readonly Frame[]): ModuleBody {
  return loadingBody(frames) ?? collectedBody(frames) ?? awaitingBody(frames) ?? afterLoad(frames)
}

function loadingBody(frames: readonly Frame[]): ModuleBody | null {
  const loader = frames.findIndex((frame) => !frame.async && LOADER.test(frame.file ?? ''))
  const index = loader < 0 ? -1 : lastUserFrame(frames, loader)
  // vitest's runner has frames of its loader below it: the code that a test calls is not a body.
  const isBody = index >= 0 && !frames.slice(index, loader).some(({ file }) => TEST_RUNNER.test(file ?? ''))
  return isBody ? { index, topLevel: true, format: formatOf(frames[index], frames[loader]) } : null
}

/** vitest runs the callbacks of `describe` after the body of their file; they count as a part of it. */
function collectedBody(frames: readonly Frame[]): ModuleBody | null {
  const collector = frames.findIndex(({ name, file }) => name === 'runWithSuite' && TEST_RUNNER.test(file ?? ''))
  const index = collector < 0 ? -1 : lastUserFrame(frames, collector)
  return index < 0 ? null : { index, topLevel: true, format: 'esm' }
}

/**
 * A body that is resumed: after a top-level await, and always under vitest. Only async frames of the loader are below
 * it.
 */
function awaitingBody(frames: readonly Frame[]): ModuleBody | null {
  const waiting = frames.findIndex((frame) => frame.async)
  const end = waiting < 0 ? frames.length : waiting
  const index = lastUserFrame(frames, end)
  const frame = frames[index]
  const isOutermost = frames.slice(index + 1, end).every(({ file }) => file === null || file.includes('task_queues'))
  if (frame === undefined || frame.name !== null || !isOutermost) return null
  const starter = frames.slice(end).find(({ file }) => LOADER.test(file ?? '') || TEST_RUNNER.test(file ?? ''))
  // vitest wraps bodies in a function. Otherwise, an anonymous function that was resumed must not be taken for a body.
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

/**
 * Whether the frame is in a file of the user's: not in Node.js, a test runner, native code, or a bundler's virtual
 * module.
 */
function isUserFrame({ file }: Frame): boolean {
  return file !== null && /^(file:|data:|\/|[a-z]:[\\/]|\\\\)/i.test(file) && !TEST_RUNNER.test(file)
}
