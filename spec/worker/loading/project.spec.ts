import { join } from 'node:path'
import { findByPaths, findFile, findRelative } from '../../../src/worker/loading/find-source'
import { projectOf } from '../../../src/worker/loading/project'

const fixtures = join(__dirname, '../../fixtures/loading')
const main = join(fixtures, 'project/src/main.ts')

describe('the project of a file', () => {
  it('is the nearest tsconfig.json, including what it extends', () => {
    const { options, folder } = projectOf(main)
    expect(folder).toBe(join(fixtures, 'project'))
    expect(options).toMatchObject({ target: 'es2022', experimentalDecorators: true, emitDecoratorMetadata: true })
  })

  it('is the referenced project that includes the file', () => {
    expect(projectOf(join(fixtures, 'references/app/main.ts')).options).toMatchObject({ experimentalDecorators: true })
  })
})

describe('the source that a specifier means', () => {
  it('is found by `paths`', () => {
    expect(findByPaths('~/helper', main)).toBe(join(fixtures, 'project/lib/helper.ts'))
    expect(findByPaths('~/helper.js', main)).toBe(join(fixtures, 'project/lib/helper.ts'))
    expect(findByPaths('~/nowhere', main)).toBeNull()
  })

  test.each(['./helper', '/helper', 'node:fs', 'file:///a'])('is not searched in `paths`: %s', (specifier) => {
    expect(findByPaths(specifier, main)).toBeNull()
  })

  test.each([
    ['./sibling', 'sibling.ts'],
    ['./sibling.js', 'sibling.ts'],
    ['./sibling.ts', 'sibling.ts'],
    ['./nested', 'nested/index.ts'],
  ])('is found next to its importer: %s', (specifier, file) => {
    expect(findRelative(specifier, main)).toBe(join(fixtures, 'project/src', file))
  })

  it('is null if there is no such file', () => {
    expect(findFile(join(fixtures, 'project/src/nowhere.js'))).toBeNull()
  })
})
