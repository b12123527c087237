/** Settings of compilers and bundlers that do not suit the library. Each check knows one. */
import type { Loader } from './loader'
import type { Finding, MethodReport } from './report'
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
import type { Target } from './target'

/** What a check may look at. */
export interface Examined {
  readonly target: Target
  readonly loader: Loader
  readonly methods: readonly MethodReport[]
  /** What the imports have shown. */
  readonly findings: readonly Finding[]
}

type Check = (examined: Examined) => Finding | undefined

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

export function settingsFindings(examined: Examined): Finding[] {
  const checks = [...(examined.target.isTypeScript ? FOR_TYPESCRIPT : FOR_JAVASCRIPT), libraryCopies]
  return checks.flatMap((check) => check(examined) ?? [])
}
