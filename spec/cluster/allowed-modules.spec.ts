import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AllowedModules } from '../../src/cluster/allowed-modules'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-allowed-')))
const root = pathToFileURL(`${folder}/app/`).href
const at = (path: string): string => new URL(path, root).href
beforeAll(() => {
  for (const file of [
    'app/dist/jobs.js',
    'app/dist/deep/more.js',
    'app/src/x.js',
    'app/lib/one.js',
    'application/x.js',
    'secret.js',
  ]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  symlinkSync(join(folder, 'secret.js'), join(folder, 'app/dist/link.js'))
  symlinkSync(join(folder, 'app/dist/jobs.js'), join(folder, 'app/dist/alias.js'))
  symlinkSync(folder, join(folder, 'app/dist/up'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const key = (url: string): any => ({ module: { url, format: 'esm' }, member: 'f' })
const refused = (url: string, allow?: string[]): string | undefined =>
  new AllowedModules(root, ['dist/jobs.js'], allow).refused(key(url), null, undefined)

test.each(['dist/jobs.js', 'dist/deep/more.js', 'dist/alias.js', 'dist/../dist/jobs.js'])(
  '%s may be imported',
  (path) => {
    expect(refused(at(path))).toBeUndefined()
  },
)

test.each([
  'src/x.js',
  'dist/../src/x.js',
  '../secret.js',
  'dist/../../secret.js',
  'dist/%2e%2e/src/x.js',
  'dist/link.js',
  'dist/up/secret.js',
  'dist/jobs.js?v=1',
  'dist/jobs.js#x',
  'dist/missing.js',
  '../application/x.js',
])('%s may not', (path) => {
  const url = `${root}${path}`
  expect(refused(url)).toBe(url)
})

test.each([
  'data:text/javascript,process.exit(1)',
  'node:fs',
  'https://example.org/x.js',
  'blob:nodedata:1',
  '/srv/x.js',
  'fs',
  'pebble-app:/dist/jobs.js',
  'file://host/dist/jobs.js',
  'file:///dist/jobs.js%00',
  '',
])('%j may not', (url) => {
  expect(refused(url)).toBe(url)
})

test('`allow` names more or fewer files and folders', () => {
  expect(refused(at('lib/one.js'), ['lib/one.js'])).toBeUndefined()
  expect(refused(at('src/x.js'), ['src'])).toBeUndefined()
  expect(refused(at('dist/deep/more.js'), [])).toBe(at('dist/deep/more.js'))
  expect(refused(at('dist/jobs.js'), [])).toBeUndefined()
  expect(refused(pathToFileURL(join(folder, 'secret.js')).href, ['..'])).toBeDefined() // the root is the limit
})

test('a module of the worker that does not exist is an error at the start', () => {
  expect(() => new AllowedModules(root, ['dist/none.js'], undefined)).toThrow(/ENOENT/)
  expect(() => new AllowedModules(root, [pathToFileURL(join(folder, 'app/dist/jobs.js'))], undefined)).not.toThrow()
})

test.each<[string, object, object | undefined]>([
  ['the class of `this`', { module: { url: 'data:x' } }, undefined],
  ['the method that names it', { module: { url: at('dist/jobs.js') }, via: { module: { url: 'data:x' } } }, undefined],
  ['a field', {}, { fields: { ref: 'esm:data:x#A#0' } }],
  ['an absent field', {}, { absent: [['log', 'x', { module: { url: 'data:x' } }]] }],
  ['a class among the arguments', {}, { classes: ['esm:data:x#A#0'] }],
  ['a task among the arguments', {}, { classes: ['task:{"module":{"url":"data:x","format":"esm"}}'] }],
  ['a task with escaped letters', {}, { classes: ['task:{"module":{"url":"\\u0064ata:x","format":"esm"}}'] }],
  ['a module among the fields', {}, { fields: { name: 'nestjs', data: { module: { url: 'data:x' } } } }],
  ['a store', {}, { stores: [['esm:data:x#A#0', 1, 0]] }],
])('%s is checked too', (_what, cls, extra) => {
  const allowed = new AllowedModules(root, ['dist/jobs.js'], undefined)
  const named = 'module' in cls ? cls : null
  expect(allowed.refused(key(at('dist/jobs.js')), named as never, extra as never)).toBe('data:x')
  expect(allowed.refused(key(at('dist/jobs.js')), null, { classes: [`esm:${at('dist/jobs.js')}#A#0`] })).toBeUndefined()
})

test.each([
  'esm:DATA:text/javascript,0#C#0',
  'esm:da\nta:text/javascript,0#C#0',
  'esm:/etc/x.mjs#C#0',
  'esm:some-package#C#0',
  `esm:${at('dist/jobs.js')}"/../../../etc/x.mjs#C#0`,
  `esm:${at('dist/jobs.js')}#x#C#0`,
  'esm:pebble-app:/../etc/x.mjs#C#0',
  'task:{"module":{"url":"fs"}}',
  'task:{"module":null}',
  'task:{"module":{}}',
  'task:{',
  'C',
  '',
])('a class with the id %j is refused: its worker would import something else', (id) => {
  const allowed = new AllowedModules(root, ['dist/jobs.js'], undefined)
  expect(allowed.refused(key(at('dist/jobs.js')), null, { classes: [id] })).toBeDefined()
})

test.each(['DATA:x', 'fs', '/etc/x.mjs', 7])('a field with the URL %j is refused', (url) => {
  const allowed = new AllowedModules(root, ['dist/jobs.js'], undefined)
  const fields = { name: 'nestjs', data: { module: { url, format: 'esm' } } }
  expect(allowed.refused(key(at('dist/jobs.js')), null, { fields })).toBe(String(url))
})
