import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as names from '../../src/utils/portable-names'

test('without a root, names stay as they are', () => {
  jest.isolateModules(() => {
    const fresh = require('../../src/utils/portable-names') as typeof names
    expect(fresh.rootUrl()).toBeUndefined()
    expect(fresh.portableName('file:///srv/app/x.js')).toBe('file:///srv/app/x.js')
    expect(fresh.localName('pebble-app:/x.js')).toBe('pebble-app:/x.js')
  })
})

describe('below a root', () => {
  beforeEach(() => names.setRoot('file:///srv/app/'))

  test.each([
    ['file:///srv/app/dist/x.js', 'pebble-app:/dist/x.js'],
    ['esm:file:///srv/app/dist/x.js#A#0', 'esm:pebble-app:/dist/x.js#A#0'],
    [
      '{"url":"file:///srv/app/a.js","also":"file:///srv/app/b.js"}',
      '{"url":"pebble-app:/a.js","also":"pebble-app:/b.js"}',
    ],
  ])('%s is %s, and the reverse', (local, portable) => {
    expect(names.portableName(local)).toBe(portable)
    expect(names.localName(portable)).toBe(local)
    expect(names.isOfOneMachine(portable)).toBe(false)
    names.setRoot('file:///home/me/checkout/')
    expect(names.localName(portable)).toBe(local.replaceAll('/srv/app/', '/home/me/checkout/'))
  })

  test.each([
    'file:///srv/application/x.js',
    'file:///srv/x.js',
    'data:text/javascript,1',
    'esm:file:///x.js#A#0',
    'node:fs',
  ])('%s is of one machine', (name) => {
    expect(names.portableName(name)).toBe(name)
    expect(names.isOfOneMachine(name)).toBe(true)
  })

  it('changes the strings in nested data, and nothing else', () => {
    const data = { a: ['file:///srv/app/x.js', 1, null, undefined], b: { c: 'file:///srv/app/y.js', d: true } }
    expect(names.mapStrings(data, names.portableName)).toEqual({
      a: ['pebble-app:/x.js', 1, null, undefined],
      b: { c: 'pebble-app:/y.js', d: true },
    })
  })
})

test('the root of a package is the folder of the nearest package.json, without links', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-root-')))
  try {
    mkdirSync(join(folder, 'app/dist/deep'), { recursive: true })
    writeFileSync(join(folder, 'app/package.json'), '{}')
    symlinkSync(join(folder, 'app'), join(folder, 'current'))
    expect(names.packageRoot(join(folder, 'app/dist/deep'))).toBe(join(folder, 'app'))
    expect(names.packageRoot(join(folder, 'app'))).toBe(join(folder, 'app'))
    expect(names.folderUrl(join(folder, 'current'))).toBe(pathToFileURL(`${folder}/app/`).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
