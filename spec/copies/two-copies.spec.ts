/** A program and one of its dependencies, each with its own copy of the built package. */
import { mkdirSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { installCopy, programFolder } from '../support/copies'
import { resultOf } from '../support/program'

interface Setting {
  readonly version: string
  readonly protocol?: number
}

/** The program's copy is 0.1.0; that of the dependency is given by `library`. */
function twoCopies(library: Setting): { folder: string; app: string; theirs: string; own: string } {
  const folder = programFolder()
  const libraryFolder = join(folder, 'library')
  mkdirSync(libraryFolder)
  cpSync(join(folder, 'library.mjs'), join(libraryFolder, 'library.mjs'))
  rmSync(join(folder, 'library.mjs'))
  const own = installCopy(folder, '0.1.0')
  const theirs = installCopy(libraryFolder, library.version, library.protocol)
  return { folder, app: join(folder, 'app.mjs'), own, theirs }
}

const WHOLE = {
  call: 2,
  'call of a process': 2,
  futureOf: false,
  wait: 2,
  asCompleted: [2],
  TimeoutError: [true, 'TimeoutError'],
  'named pool': 'named',
  nested: 20,
  'nested in a process': 20,
  schedule: 6,
  serializable: [true, 4],
  role: [true, 'string'],
  queue: ['item', true],
  lock: [0, 'free'],
  'one registry': true,
}

describe('two copies of one protocol', () => {
  test.each([
    ['the same version', '0.1.0'],
    ['another version', '0.1.7'],
  ])('act as one library: %s', async (_title, version) => {
    const { app } = twoCopies({ version })
    expect(await resultOf(app)).toEqual({ said: WHOLE, warnings: [] })
  })

  test('act as one library for `require` and `import`, and for each entry point', async () => {
    const { folder } = twoCopies({ version: '0.2.0' })
    expect(await resultOf(join(folder, 'entries.cjs'))).toEqual({
      index: true,
      concurrent: true,
      asynchronous: true,
      workers: true,
      errors: true,
      imported: true,
    })
  })
})

describe('two copies of different protocols', () => {
  test('work side by side; one warning names both, and so do errors about values of the other', async () => {
    const { app, own, theirs } = twoCopies({ version: '9.0.0', protocol: 9 })
    const { said, warnings } = await resultOf(app)
    const lost = `It may be of another copy of pebble-ts: 0.1.0 (${own}) and 9.0.0 (${theirs}) are loaded, and do not work together.`
    expect(warnings).toEqual([
      expect.stringContaining(`are loaded that do not work together: 0.1.0 (${own}) and 9.0.0 (${theirs}).`),
    ])
    expect(said).toMatchObject({
      call: 2,
      'call of a process': 2,
      futureOf: false,
      wait: 2,
      asCompleted: [2],
      TimeoutError: [true, 'TimeoutError'],
      nested: 20,
      'nested in a process': 20,
      serializable: [true, 4],
      role: [true, 'string'],
      'one registry': false,
    })
    expect(said.schedule).toContain(lost)
    expect(said['named pool']).toMatch(
      /^PoolError: No pool is registered as 'mine'\..* It may be of another copy of pebble-ts: 9\.0\.0 /,
    )
  })
})
