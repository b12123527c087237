/** Where PostgreSQL is installed, and the files of a new cluster. */
import { execFile, execFileSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { emptyFolder, onPath, type User } from './server-process'

const DEBIAN = '/usr/lib/postgresql'
/** A cluster takes two seconds to make, and a tenth of that to copy. */
const CACHE = join(__dirname, '..', '..', 'node_modules', '.cache', 'pebble-specs')

/** The folder of `postgres` and `initdb`. Debian keeps them out of PATH. */
export function postgresBinaries(): string | undefined {
  const initdb = onPath('initdb')
  if (initdb !== undefined) return dirname(initdb)
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')))
}

/** PostgreSQL refuses to run as root. */
export function postgresUser(): User {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Makes the files of a cluster below a folder, for a user. */
export async function newCluster(binaries: string, folder: string, user: User): Promise<string> {
  const template = join(CACHE, `postgres-${basename(dirname(binaries))}`)
  if (!existsSync(template)) await makeTemplate(binaries, template, user)
  const data = join(folder, 'data')
  cpSync(template, data, { recursive: true })
  const { uid, gid } = user
  if (uid !== undefined && gid !== undefined) await promisify(execFile)('chown', ['-R', `${uid}:${gid}`, folder])
  return data
}

async function makeTemplate(binaries: string, template: string, user: User): Promise<void> {
  const folder = emptyFolder('pebble-initdb-')
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid as number)
  const made = join(folder, 'data')
  const options = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--wal-segsize=1', '--no-sync']
  await promisify(execFile)(join(binaries, 'initdb'), ['-D', made, ...options], { cwd: folder, ...user })
  mkdirSync(CACHE, { recursive: true })
  const copy = `${template}.${process.pid}`
  cpSync(made, copy, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(copy, template)
  } catch {
    rmSync(copy, { recursive: true, force: true }) // another spec file was faster
  }
}
