/** Reads processes and open files from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The processes that `parent` started and that have not ended. */
export function childrenOf(parent) {
  return processes().filter((pid) => {
    const [state, ppid] = stat(pid)
    return Number(ppid) === parent && state !== 'Z'
  })
}

/** The living processes, except this one, whose environment contains the text. */
export function taggedBy(text) {
  return processes().filter((pid) => pid !== process.pid && stat(pid)[0] !== 'Z' && read(pid, 'environ').includes(text))
}

/** Describes a process for the report. */
export function describeProcess(pid) {
  const [state, ppid] = stat(pid)
  const pool = /PEBBLE_CHAOS_POOL=([^\0]*)/.exec(read(pid, 'environ'))?.[1] ?? 'a shared pool'
  return `${pid} of ${pool}, state ${state}, parent ${ppid}: ${read(pid, 'cmdline').replaceAll('\0', ' ').trim()}`
}

/** The targets of the descriptors of this program. */
export function openFiles() {
  return readdirSync('/proc/self/fd')
    .map((fd) => target(fd))
    .filter(Boolean)
}

const processes = () => readdirSync('/proc').map(Number).filter(Boolean)

/** The fields after the name in /proc/pid/stat: state, parent, … */
function stat(pid) {
  const text = read(pid, 'stat')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // the process has just ended
  }
}

/** `undefined` for the descriptor that was open only to read the folder. */
function target(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '')
  } catch {
    return undefined
  }
}
