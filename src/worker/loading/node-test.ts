import { inert } from './inert'

/**
 * In place of `node:test`: a function that has everything else as properties. `mock` stays the real one, because it runs
 * no tests and a class may keep spies in its fields. Only modules are not mocked in workers, as with other runners.
 */
export function nodeTest(describe: unknown): object {
  const known: Record<string, unknown> = { describe, suite: describe, mock: mock() }
  const test = inert(known, () => Promise.resolve()) as object
  for (const name of ['default', 'test', 'it']) known[name] = test
  return test
}

function mock(): unknown {
  const module = inert()
  return new Proxy({}, { get: (_target, name) => (name === 'module' ? module : ofRealMock(name)) })
}

function ofRealMock(name: string | symbol): unknown {
  const { mock: real } = process.getBuiltinModule('node:test')
  const value: unknown = Reflect.get(real, name)
  return typeof value === 'function' ? (value.bind(real) as unknown) : value
}
