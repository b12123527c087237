import { lineOf } from '../../src/diagnostics/events'

test.each<[string, unknown, string]>([
  ['an error', new RangeError('oh\nno'), 'RangeError: oh'],
  ['data', { a: 1 }, '{ a: 1 }'],
  ['an error whose name is no text', Object.assign(new Error('oh'), { name: Symbol('x') }), 'something that cannot be shown'], // prettier-ignore
])('%s is told in one line', (_what, thrown, line) => {
  expect(lineOf(thrown)).toBe(line)
})
