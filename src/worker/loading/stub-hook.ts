/** Leads `import` of a test runner to its stubs. It runs in the importing thread, or in Node's thread for hooks, which imports this file. */
import type { TestRunner } from '../../registry/environment'
import type { Resolve } from './module-hooks'
import { stubUrl } from './test-runner-module'

let runner: TestRunner

export function initialize(data: { runner: TestRunner }): void {
  runner = data.runner
}

export const resolve: Resolve = (specifier, context, next) => {
  const url = stubUrl(runner, specifier)
  return url === null ? next(specifier, context) : { url, shortCircuit: true }
}
