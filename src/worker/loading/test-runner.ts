/**
 * A worker imports test files for the classes in them. `describe` runs its callback, so that the classes are defined.
 * Everything else of the test runner does nothing.
 */
import { createRequire } from 'node:module'
import type { TestRunner } from '../../registry/environment'
import { ownFile } from '../../utils/location'
import { inert } from './inert'
import { installHooks } from './module-hooks'
import { nodeTest } from './node-test'
import * as runnerModule from './test-runner-module'
import { MOCHA_SUITES, MOCHA_TESTS, SUITES, TESTS } from './test-runner-module'

type Body = (...args: unknown[]) => unknown

/** Suites of vitest that were not run yet: they run after the body that defines them. */
let pendingSuites: Array<() => void> = []
let installed = false

export function installTestRunner(runner: TestRunner): void {
  if (installed) return
  installed = true
  const stubs = stubsOf(runner)
  if (runner !== 'node' && runner !== 'ava') defineGlobals(stubs)
  runnerModule.installStubs(runner, stubs)
  installHooks(runnerModule, ownFile('worker', 'loading', 'test-runner-module.js'), { runner })
}

function stubsOf(runner: TestRunner): object {
  const describe = describer(runner === 'vitest' ? (body) => void pendingSuites.push(body) : (body) => body())
  switch (runner) {
    case 'node':
      return nodeTest(describe)
    case 'ava':
      return inert() as object // it has no suites
    case 'mocha':
      return { ...named(MOCHA_TESTS, inert()), ...named(MOCHA_SUITES, describe), default: inert() }
    case 'jest':
      return { ...named(TESTS, inert()), ...named(SUITES, describe), jest: jest() }
    case 'vitest':
      return { ...named(TESTS, inert()), ...named(SUITES, describe), vi: vi(), vitest: vi() }
  }
}

const named = (names: readonly string[], value: unknown): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, value]))

function defineGlobals(stubs: object): void {
  for (const [name, value] of Object.entries(stubs)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
}

/** Runs the pending suites, each with those that it defines, in the order of vitest: it determines the numbers of classes. */
export function collectSuites(): void {
  const suites = pendingSuites
  pendingSuites = []
  for (const body of suites) {
    runWithSuite(body)
    collectSuites()
  }
}

/** Has the name of vitest's own function: by this name, the calling module is recognised in the parent. */
function runWithSuite(body: () => void): void {
  body()
}

function describer(run: (body: () => void) => void): unknown {
  const each =
    (table: readonly unknown[]) =>
    (_name: unknown, ...rest: unknown[]) => {
      for (const row of Array.isArray(table) ? table : [])
        runBody(rest, Array.isArray(row) ? (row as unknown[]) : [row])
    }
  const known: Record<string, unknown> = { each, for: each }
  const describe = new Proxy(inert(known) as Body, { apply: (_target, _self, [, ...rest]) => runBody(rest, []) })
  for (const name of ['only', 'skip', 'concurrent', 'sequential', 'shuffle', 'todo']) known[name] = describe
  for (const name of ['skipIf', 'runIf']) known[name] = () => describe
  return describe

  function runBody(rest: readonly unknown[], args: readonly unknown[]): void {
    const body = rest.find((value): value is Body => typeof value === 'function')
    // In some runners, the argument and `this` are the context of a test: `this.timeout(5000)`.
    if (body !== undefined) run(() => void Reflect.apply(body, inert(), args.length > 0 ? args : [inert()]))
  }
}

function jest(): unknown {
  const actual = (id: string): unknown => (id.startsWith('.') ? inert() : createRequire(`${process.cwd()}/`)(id))
  return inert({ requireActual: actual })
}

function vi(): unknown {
  return inert({ hoisted: (body: Body) => body() })
}
