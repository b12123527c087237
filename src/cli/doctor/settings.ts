/** Settings of compilers and bundlers that do not suit the library. Each check knows one. */
import type { Finding } from './report'
import type { Setup } from './setup'
import {
  bundledLibrary,
  formatMismatch,
  libraryCopies,
  minifiedNames,
  missingSourceMap,
  uncompiled,
} from './settings-output'
import {
  compilerTooOld,
  decoratorsLeft,
  declaredFields,
  metadataMissing,
  nestNeedsLegacy,
  notIsolated,
  outputFormat,
} from './settings-typescript'

type Check = (setup: Setup) => Finding | undefined

const FOR_TYPESCRIPT: readonly Check[] = [
  compilerTooOld,
  nestNeedsLegacy,
  decoratorsLeft,
  metadataMissing,
  outputFormat,
  declaredFields,
  notIsolated,
]

const FOR_JAVASCRIPT: readonly Check[] = [uncompiled, formatMismatch, missingSourceMap, minifiedNames, bundledLibrary]

export function settingsFindings(setup: Setup): Finding[] {
  const checks = [...(setup.target.isTypeScript ? FOR_TYPESCRIPT : FOR_JAVASCRIPT), libraryCopies]
  return checks.flatMap((check) => check(setup) ?? [])
}
