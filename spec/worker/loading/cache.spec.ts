import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import type * as Folder from '../../../src/utils/cache-folder'
import type * as Cache from '../../../src/worker/loading/cache'

const DAY = 24 * 60 * 60
const home = mkdtempSync(join(os.tmpdir(), 'pebble-cache-'))

beforeEach(() => {
  jest.spyOn(os, 'tmpdir').mockReturnValue(home)
  jest.resetModules()
})
afterEach(() => jest.restoreAllMocks())
afterAll(() => rmSync(home, { recursive: true }))

/** The cache as a program sees it that has just started. */
const cache = (): typeof Cache => jest.requireActual('../../../src/worker/loading/cache')

function age(file: string, days: number): void {
  const time = Date.now() / 1000 - days * DAY
  utimesSync(file, time, time)
}

const daysOld = (file: string): number => Math.round((Date.now() - statSync(file).mtimeMs) / 1000 / DAY)

test('a text is made once for all programs', () => {
  const made: string[] = []
  const ask = (text: string): string =>
    cache().cached(['a', text], () => {
      made.push(text)
      return `${text}!`
    })
  expect([ask('x'), ask('y'), ask('x')]).toEqual(['x!', 'y!', 'x!'])
  jest.resetModules()
  expect([ask('x'), made]).toEqual(['x!', ['x', 'y']])
})

test('a text that was not used for thirty days is removed when another one is added', () => {
  const { cached } = cache()
  const { cacheFolder }: typeof Folder = jest.requireActual('../../../src/utils/cache-folder')
  const folder = cacheFolder() as string
  const earlier = readdirSync(folder)
  cached(['used'], () => 'used')
  const used = join(folder, readdirSync(folder).find((name) => !earlier.includes(name)) as string)
  for (const name of ['old', 'young']) writeFileSync(join(folder, `${name}.js`), '')
  age(join(folder, 'old.js'), 31)
  age(join(folder, 'young.js'), 29)
  age(used, 31)
  jest.resetModules()
  const again = cache()
  expect(again.cached(['used'], () => 'made anew')).toBe('used')
  expect([daysOld(used), readdirSync(folder)]).toEqual([0, expect.arrayContaining(['old.js'])])
  again.cached(['new'], () => 'new')
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['young.js']))
  expect(readdirSync(folder)).not.toContain('old.js')
  expect(again.cached(['used'], () => 'made anew')).toBe('used')
})
