/** Programs next to copies of the built package, as npm installs them if two versions are required. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PROTOCOL } from '../../src/registry/shared'

const ROOT = join(__dirname, '..', '..')
const PROGRAMS = join(__dirname, '..', 'fixtures', 'copies')
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder with the programs and the dependencies of the package. */
export function programFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-copies-')))
  folders.push(folder)
  cpSync(PROGRAMS, folder, { recursive: true })
  linkDependencies(folder)
  return folder
}

/** Links the dependencies of the package into `folder`/node_modules, and `others`. */
export function linkDependencies(folder: string, others: readonly string[] = []): void {
  for (const name of new Set([...Object.keys(dependencies), ...others])) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(ROOT, 'node_modules', name)), link)
  }
}

/** Puts a copy of the package into `folder`/node_modules. */
export function installCopy(folder: string, version: string, protocol?: number): string {
  const copy = join(folder, 'node_modules', 'pebble-ts')
  cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true })
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, version }))
  if (protocol !== undefined)
    replace(join(copy, 'dist', 'library', 'pebble-ts-program.js'), `PROTOCOL = ${PROTOCOL};`, `PROTOCOL = ${protocol};`)
  return copy
}

function replace(file: string, text: string, by: string): void {
  const before = readFileSync(file, 'utf8')
  if (!before.includes(text)) throw new Error(`${file} has no ${text}`)
  writeFileSync(file, before.replace(text, by))
}
