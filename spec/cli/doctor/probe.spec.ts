import { growth } from '../../../src/cli/doctor/probe'

test('what an import costs is never less than nothing: a collection may return more than the import takes', () => {
  expect([growth(10, 14), growth(10, 10), growth(14, 10)]).toEqual([4, 0, 0])
})
