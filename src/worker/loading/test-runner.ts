/**
 * A worker imports test files for the classes in them: `describe` runs its callback, so that they are defined, and
 * nothing else of the test runner does anything.
 */
import { createRequire } from 'node:module'
import type { TestRunner } from '../../registry/environment'
import { ownFile } from '../../utils/location'
import { inert } from './inert'
import { installHooks } from './module-hooks'
import { nodeTest } from './node-test'
import * as stubHook from './stub-hook'
import { installStubs, MOCHA_NAMES } from './test-runner-module'

type Body = (...args: unknown[]) => unknown

/** vitest's suites that wait for the body around them to end. */
let waiting: Array<() => void> = []
let installed = false

export function installTestRunner(runner: TestRunner): void {
  if (installed) return
  installed = true
  const stubs = stubsOf(runner)
  if (runner !== 'node' && runner !== 'ava') defineGlobals(stubs)
  installStubs(runner, stubs)
  installHooks(stubHook, ownFile('worker', 'loading', 'stub-hook.js'), { runner })
}

function stubsOf(runner: TestRunner): object {
  const describe = describer(runner === 'vitest' ? (body) => void waiting.push(body) : (body) => body())
  switch (runner) {
    case 'node':
      return nodeTest(describe)
    case 'ava':
      return inert() as object // its tests do not nest
    case 'mocha':
      return { ...named(MOCHA_NAMES, inert()), ...named(MOCHA_SUITES, describe), default: inert() }
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

const SUITES = ['describe', 'fdescribe', 'xdescribe', 'suite']
const MOCHA_SUITES = ['describe', 'context', 'xdescribe', 'xcontext', 'suite']
const TESTS = [
  ...['test', 'it', 'fit', 'xit', 'xtest', 'bench', 'expect', 'assert', 'expectTypeOf', 'assertType'],
  ...['beforeAll', 'beforeEach', 'afterAll', 'afterEach', 'onTestFinished', 'onTestFailed'],
]

/** Runs the suites that wait, each with those that it defines, in vitest's order: classes are numbered by it. */
export function collectSuites(): void {
  const suites = waiting
  waiting = []
  for (const body of suites) {
    runWithSuite(body)
    collectSuites()
  }
}

/** By vitest's name for it, which tells the calling module in the parent. */
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
    // The arguments and `this` are a test's context with some runners: `this.timeout(5000)`.
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
