import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as programRoot from '../../src/cluster/program-root'

const repository = join(__dirname, '..', '..')
let useRoot: typeof programRoot.useRoot
beforeEach(() => {
  jest.resetModules()
  useRoot = require('../../src/cluster/program-root').useRoot
})

test('the root is the folder that is given, as a URL with a slash at the end', () => {
  expect(useRoot(join(repository, 'spec'))).toBe(pathToFileURL(join(repository, 'spec/')).href)
})

test('a program has one root', () => {
  const root = useRoot(pathToFileURL(repository))
  expect(useRoot(undefined)).toBe(root)
  expect(useRoot(`${repository}/`)).toBe(root)
  expect(() => useRoot(join(repository, 'spec'))).toThrow(/Expected one `root` for all pools and workers of a program/)
})

test('by default it is the folder of a package.json', () => {
  const { existsSync } = require('node:fs')
  expect(existsSync(new URL('package.json', useRoot(undefined)))).toBe(true)
})
