import { mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as CacheFolder from '../../src/utils/cache-folder'

const NOW = Date.now()
const DAY = 24 * 60 * 60 * 1000

let folder: string
let prune: typeof CacheFolder.prune

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pebble-cache-'))
  jest.isolateModules(() => {
    // a program prunes once
    prune = jest.requireActual<typeof CacheFolder>('../../src/utils/cache-folder').prune
  })
})

afterEach(() => rmSync(folder, { recursive: true }))

function put(name: string, daysUnused: number, bytes = 10): void {
  writeFileSync(join(folder, name), Buffer.alloc(bytes))
  const used = (NOW - daysUnused * DAY) / 1000
  utimesSync(join(folder, name), used, used)
}

const left = (): string[] => readdirSync(folder).sort()

test('a file that was not used for 30 days is removed', () => {
  put('recent', 29)
  put('old', 31)
  prune(NOW, folder)
  expect(left()).toEqual(['recent'])
})

test('if the files are too large together, those are removed that were not used for longest', () => {
  put('third', 3, 40)
  put('first', 1, 40)
  put('second', 2, 40)
  prune(NOW, folder, 100)
  expect(left()).toEqual(['first', 'second'])
})

test('a file that another program has removed meanwhile is no obstacle', () => {
  put('old', 31)
  symlinkSync(join(folder, 'gone'), join(folder, 'draft')) // listed, and not there when it is looked at
  prune(NOW, folder)
  expect(left()).toEqual(['draft'])
})

test('a program prunes once', () => {
  prune(NOW, folder)
  put('old', 31)
  prune(NOW, folder)
  expect(left()).toEqual(['old'])
})

test('without a folder, nothing is removed', () => {
  expect(() => prune(NOW, null)).not.toThrow()
})
