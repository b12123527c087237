import { readFileSync } from 'node:fs'

/** The CPU time of the calling thread in µs, or null where the system does not tell it. */
export function threadCpu() {
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1000
  } catch {
    return null
  }
}
