/** Installs what a module of the user needs before this worker can import it: a compiler, test-runner stubs. No more than that. */
import { readFileSync } from 'node:fs'
import Module from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { transforms, type TestRunner } from '../../registry/environment'
import type { ModuleRef } from '../../registry/keys'
import { hasTypeScriptLoader, hasTsx } from './flags'
import { enableSourceMaps } from './source-maps'

let testRunner: TestRunner | null = null
let compiles = false
let finish = (): void => {}

export function configureLoading(runner: TestRunner | null): void {
  testRunner = runner
}

/** Whether the parent runs the same compiled text as this worker, so that positions and hashes can be compared. */
export function textsAreComparable(): boolean {
  return !transforms(testRunner) && !compiles
}

/** Prepares the import; `undefined` if there is nothing to wait for. Code that few programs need is loaded on demand. */
export function prepareLoading(ref: ModuleRef): Promise<void> | undefined {
  enableSourceMaps()
  return testRunner === null ? prepareLoader(ref) : prepareTestRunner(testRunner).then(() => prepareLoader(ref))
}

function prepareLoader(ref: ModuleRef): Promise<void> | undefined {
  if (transforms(testRunner) || needsCompiler(ref)) return prepareCompiler()
  // Processes run the loader of tsx as the parent does. On Node 20, threads do not use it for ES modules.
  return ref.format === 'esm' && !isMainThread && hasTsx() ? prepareTsx(ref) : undefined
}

/** Runs after the import, like the code that a test runner runs after the body of a file. */
export function finishLoading(): void {
  finish()
}

async function prepareCompiler(): Promise<void> {
  compiles = true
  const { installTypeScript } = await import('./typescript.js')
  installTypeScript()
}

async function prepareTestRunner(runner: TestRunner): Promise<void> {
  const { collectSuites, installTestRunner } = await import('./test-runner.js')
  installTestRunner(runner)
  finish = collectSuites
}

async function prepareTsx(ref: ModuleRef): Promise<void> {
  const { installTsx } = await import('./tsx.js')
  await installTsx(ref)
}

/** Whether a worker of a program with these flags has to compile the module itself. */
export function needsCompiler({ url, format }: ModuleRef): boolean {
  if (!/^file:.*\.([cm]?ts|tsx)$/.test(url)) return false
  if (hasTypeScriptLoader()) return false
  if (isStrippedByNode()) return hasDecorators(url)
  return format === 'esm' || !('.ts' in extensions())
}

function isStrippedByNode(): boolean {
  return Boolean((process.features as { typescript?: string | false }).typescript)
}

/** Node cannot parse decorators. If the file has some, the parent uses a loader that is not among its flags. */
function hasDecorators(url: string): boolean {
  return /^\s*@[\w$]/m.test(readFileSync(fileURLToPath(url), 'utf8'))
}

function extensions(): object {
  return (Module as unknown as { _extensions: object })._extensions
}
