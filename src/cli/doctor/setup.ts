import type { Loader } from './loader'
import type { Finding, MethodReport } from './report'
import type { Target } from './target'

/** What the checks of settings look at. */
export interface Setup {
  readonly target: Target
  readonly loader: Loader
  readonly methods: readonly MethodReport[]
  /** What the imports have shown. */
  readonly findings: readonly Finding[]
}
