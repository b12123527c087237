/** Counts the resources of a program. The difference between two counts shows leaks. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { openFiles } from './proc-files.mjs'

export async function census(folder) {
  await collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return {
    heap: heapUsed,
    buffers: arrayBuffers,
    handles: handles(),
    listeners: listeners(),
    files: openFiles(),
    temporary: temporaryFiles(folder),
  }
}

/** Handles and requests of the event loop, by name. */
export function handles() {
  const counts = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Listeners on `process`, by event. */
export function listeners() {
  return Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]))
}

/** Counts temporary files of this program in the folders where the library creates files. */
function temporaryFiles(folder) {
  const own = [join(folder, 'tmp'), '/dev/shm'].flatMap((place) => list(place))
  return own.filter((name) => name.startsWith('pebble-slots-') && !name.includes('-chaos-')).length
}

function list(place) {
  try {
    return readdirSync(place)
  } catch {
    return []
  }
}

/** Collects several times, because an object that a finalizer releases is collected only in the next round. */
export async function collectGarbage() {
  if (typeof globalThis.gc !== 'function') throw new Error('Run this program with --expose-gc.')
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await turn()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The names whose count has grown, with the difference. */
export function growth(before, after) {
  return Object.entries(after)
    .map(([name, count]) => [name, count - (before[name] ?? 0)])
    .filter(([, more]) => more > 0)
}
