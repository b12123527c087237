/** Leads `import` of a test runner to its stubs: runs in the thread of Node's hooks, which imports this file. */
import type { InitializeHook, ResolveHook } from 'node:module'
import type { TestRunner } from '../../registry/environment'
import { stubUrl } from './test-runner-module'

let runner: TestRunner

export const initialize: InitializeHook<{ runner: TestRunner }> = (data) => {
  runner = data.runner
}

export const resolve: ResolveHook = (specifier, context, next) => {
  const url = stubUrl(runner, specifier)
  return url === null ? next(specifier, context) : { url, shortCircuit: true }
}
