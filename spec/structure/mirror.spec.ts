import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { files } from './source-tree'

const specs = join(__dirname, '..')
const folders = new Set(files.map((file) => file.split('/')[0] as string).filter((name) => !name.endsWith('.ts')))

/** Specs of a folder of src/ that test more than one file of it, in programs or with real workers. */
const WHOLE = /^(?:cluster\/faults\/|futures\/with-workers\/|inbox-pools\/programs|signals\/programs)/

test('a spec has the name of the file of src/ that it tests, or begins with it', () => {
  const found = [...folders].flatMap((folder) => specsUnder(folder)).filter((spec) => !WHOLE.test(spec))
  expect(found.length).toBeGreaterThan(80)
  expect(found.filter((spec) => !hasSource(spec))).toEqual([])
})

function specsUnder(folder: string): string[] {
  if (!existsSync(join(specs, folder))) return []
  return readdirSync(join(specs, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .map((file) => join(folder, file.slice(0, -'.spec.ts'.length)))
}

/** `dispatch/dispatcher-races` belongs to `dispatch/dispatcher.ts`. */
function hasSource(spec: string): boolean {
  const words = basename(spec).split('-')
  return words.some((_word, index) => files.includes(`${join(dirname(spec), words.slice(0, index + 1).join('-'))}.ts`))
}
