import { inert } from './inert'

/**
 * Stands in for `node:test`: a function that has everything else as properties. `mock` is the real one, because it runs
 * no tests, and a class may keep spies in its fields. Only `mock.module` is inert: no runner mocks modules in workers.
 */
export function nodeTest(describe: unknown): object {
  const known: Record<string, unknown> = { describe, suite: describe, mock: mock() }
  const test = inert(known, () => Promise.resolve()) as object
  for (const name of ['default', 'test', 'it']) known[name] = test
  return test
}

function mock(): unknown {
  const module = inert()
  return new Proxy({}, { get: (_target, name) => (name === 'module' ? module : realMockProperty(name)) })
}

function realMockProperty(name: string | symbol): unknown {
  const { mock: real } = process.getBuiltinModule('node:test')
  const value: unknown = Reflect.get(real, name)
  return typeof value === 'function' ? (value.bind(real) as unknown) : value
}
