/** What /proc knows. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The processes that `parent` started and that have not ended. */
export function childrenOf(parent) {
  return processes().filter((pid) => {
    const [state, ppid] = stat(pid)
    return Number(ppid) === parent && state !== 'Z'
  })
}

/** Living processes, but this, whose environment carries the text. */
export function taggedBy(text) {
  return processes().filter((pid) => pid !== process.pid && stat(pid)[0] !== 'Z' && read(pid, 'environ').includes(text))
}

/** What a process is, for people. */
export function describeProcess(pid) {
  const [state, ppid] = stat(pid)
  const pool = /PEBBLE_CHAOS_POOL=([^\0]*)/.exec(read(pid, 'environ'))?.[1] ?? 'a shared pool'
  return `${pid} of ${pool}, state ${state}, parent ${ppid}: ${read(pid, 'cmdline').replaceAll('\0', ' ').trim()}`
}

/** What the descriptors of this program lead to. */
export function openFiles() {
  return readdirSync('/proc/self/fd')
    .map((fd) => target(fd))
    .filter(Boolean)
}

const processes = () => readdirSync('/proc').map(Number).filter(Boolean)

/** What follows the name in /proc/pid/stat: state, parent, … */
function stat(pid) {
  const text = read(pid, 'stat')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // it has just ended
  }
}

/** `undefined` for the descriptor by which the folder was read. */
function target(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '')
  } catch {
    return undefined
  }
}
