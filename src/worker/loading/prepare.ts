/** What has to be in place before a module of the user's can be imported in this worker, and no more than that. */
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

/** Whether the parent runs the same compiled text as this worker, so that positions and hashes in it mean the same. */
export function textsAreComparable(): boolean {
  return !transforms(testRunner) && !compiles
}

/** Undefined where nothing has to be waited for. What few programs need is imported for those. */
export function prepareLoading(ref: ModuleRef): Promise<void> | undefined {
  enableSourceMaps()
  return testRunner === null ? prepareLoader(ref) : prepareTestRunner(testRunner).then(() => prepareLoader(ref))
}

function prepareLoader(ref: ModuleRef): Promise<void> | undefined {
  if (transforms(testRunner) || needsCompiler(ref)) return prepareCompiler()
  // Forks run tsx's loader as the parent does; on Node 20 it leaves the ES modules of threads alone.
  return ref.format === 'esm' && !isMainThread && hasTsx() ? prepareTsx(ref) : undefined
}

/** After the import: what a test runner runs once the body of a file has run. */
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

function needsCompiler({ url, format }: ModuleRef): boolean {
  if (!/^file:.*\.([cm]?ts|tsx)$/.test(url)) return false
  if (hasTypeScriptLoader()) return false
  if (isStrippedByNode()) return hasDecorators(url)
  return format === 'esm' || !('.ts' in extensions())
}

function isStrippedByNode(): boolean {
  return Boolean((process.features as { typescript?: string | false }).typescript)
}

/** Which no Node can parse: then it is another loader that the parent runs, and it left no trace. */
function hasDecorators(url: string): boolean {
  return /^\s*@[\w$]/m.test(readFileSync(fileURLToPath(url), 'utf8'))
}

function extensions(): object {
  return (Module as unknown as { _extensions: object })._extensions
}
