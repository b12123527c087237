/**
 * A worker imports test files for the classes in them: `describe` runs its callback, so that they are defined, and
 * nothing else of the test runner does anything.
 */
import { createRequire } from 'node:module'
import { inert } from './inert'
import { installStubs } from './test-runner-module'

type Body = (...args: unknown[]) => unknown

/** vitest's suites that wait for the body around them to end. */
let waiting: Array<() => void> = []
let installed = false

export function installTestRunner(runner: 'jest' | 'vitest'): void {
  if (installed) return
  installed = true
  const stubs = stubsOf(runner)
  for (const [name, value] of Object.entries(stubs)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  installStubs(stubs)
}

function stubsOf(runner: 'jest' | 'vitest'): Record<string, unknown> {
  const describe = describer(runner === 'vitest' ? (body) => void waiting.push(body) : (body) => body())
  const suites = Object.fromEntries(['describe', 'fdescribe', 'xdescribe', 'suite'].map((name) => [name, describe]))
  const tests = Object.fromEntries(TESTS.map((name) => [name, inert()]))
  const mocks = runner === 'jest' ? { jest: jest() } : { vi: vi(), vitest: vi() }
  return { ...suites, ...tests, ...mocks }
}

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
    if (body !== undefined) run(() => void body(...args))
  }
}

function jest(): unknown {
  const actual = (id: string): unknown => (id.startsWith('.') ? inert() : createRequire(`${process.cwd()}/`)(id))
  return inert({ requireActual: actual })
}

function vi(): unknown {
  return inert({ hoisted: (body: Body) => body() })
}
