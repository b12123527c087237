/** What has to be in place before a module of the user's can be imported in this worker, and no more than that. */
import Module from 'node:module'
import { isMainThread } from 'node:worker_threads'
import type { ModuleRef } from '../../registry/keys'
import { hasTypeScriptLoader, hasTsx } from './flags'
import { enableSourceMaps } from './source-maps'
import { installTestRunner } from './test-runner'
import { installTsx } from './tsx'
import { installTypeScript } from './typescript'

export type TestRunner = 'jest' | 'vitest'

let testRunner: TestRunner | null = null
let compiles = false

export function configureLoading(runner: TestRunner | null): void {
  testRunner = runner
}

/** Whether the parent runs the same compiled text as this worker, so that positions and hashes in it mean the same. */
export function textsAreComparable(): boolean {
  return testRunner === null && !compiles
}

/** Undefined where nothing has to be waited for. */
export function prepareLoading(ref: ModuleRef): Promise<void> | undefined {
  enableSourceMaps()
  if (testRunner !== null) installTestRunner(testRunner)
  if (testRunner !== null || needsCompiler(ref)) {
    compiles = true
    installTypeScript(testRunner)
    return undefined
  }
  // Forks run tsx's loader as the parent does; on Node 20 it leaves the ES modules of threads alone.
  return ref.format === 'esm' && !isMainThread && hasTsx() ? installTsx(ref) : undefined
}

function needsCompiler({ url, format }: ModuleRef): boolean {
  if (!/^file:.*\.([cm]?ts|tsx)$/.test(url)) return false
  if (isStrippedByNode() || hasTypeScriptLoader()) return false
  return format === 'esm' || !('.ts' in extensions())
}

function isStrippedByNode(): boolean {
  return Boolean((process.features as { typescript?: string | false }).typescript)
}

function extensions(): object {
  return (Module as unknown as { _extensions: object })._extensions
}
