/** Reads the options of `pebble-ts work`. */
import { dirname, sep } from 'node:path'
import { realpathSync } from 'node:fs'
import type { QueueWorkerOptions } from '../../cluster/worker-options'
import { UsageError } from '../command'
import { findTarget } from '../doctor/target'
import { listOf, readConnection, readQueues, readRoot, readSecret, shownUrl, type GivenQueue } from '../queue-options'

export interface GivenWork extends GivenQueue {
  readonly processes?: unknown
  readonly allow?: unknown
  readonly lease?: unknown
  readonly drain?: unknown
  readonly prefetch?: unknown
}

export interface WorkOptions {
  readonly queues: readonly string[]
  readonly options: QueueWorkerOptions
  /** The engine, for what is printed: its URL without the password. */
  readonly where: string
}

/** @throws UsageError if an option is missing or wrong */
export function readWorkOptions(paths: readonly string[], given: GivenWork): WorkOptions {
  const modules = paths.map((path) => findTarget(path).file)
  const root = readRoot(given, dirname(modules[0] as string))
  assertBelow(root, modules)
  const allow = listOf(given.allow)
  const connection = readConnection(given)
  const options = {
    connection,
    modules,
    root,
    secret: readSecret(given),
    ...(allow.length > 0 && { allow }),
    ...numbers(given),
  }
  return { queues: readQueues(given), options, where: shownUrl(connection) }
}

/** A worker imports files of its own root folder only. */
function assertBelow(root: string, modules: readonly string[]): void {
  const folder = realpathSync(root)
  const other = modules.find((file) => !file.startsWith(folder + sep))
  if (other === undefined) return
  throw new UsageError(`${other} is not below ${folder}. Give --root, a folder that holds all modules.`)
}

type Numbers = Pick<QueueWorkerOptions, 'processes' | 'lease' | 'drain' | 'prefetch'>

const LEAST = { processes: 1, lease: 5000, drain: 0, prefetch: 0 } as const

function numbers(given: GivenWork): Numbers {
  const names = Object.keys(LEAST) as Array<keyof typeof LEAST>
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given[name]
      if (value === undefined) return []
      if (Number.isInteger(value) && (value as number) >= LEAST[name]) return [[name, value]]
      throw new UsageError(
        `Expected --${name} to be a whole number, at least ${LEAST[name]}, got ${listOf(value).join(' and ')}.`,
      )
    }),
  )
}
