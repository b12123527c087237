import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** Ends by itself when the bench does. */
const SPIN = `
const parent = process.ppid
for (;;) {
  for (let i = 0; i < 1e7; i++);
  if (process.ppid !== parent) process.exit()
}`

/**
 * Keeps the cores awake: one loop per core, in the idle class of the scheduler, so that it runs only when nothing else
 * does. Then a lone call does not pay for waking a core. Returns a function that ends the loops, or null without `chrt`.
 */
export async function keepAwake() {
  const spinners = Array.from({ length: availableParallelism() }, () =>
    spawn('chrt', ['-i', '0', process.execPath, '-e', SPIN], { stdio: 'ignore' }),
  )
  try {
    await Promise.all(spinners.map((spinner) => once(spinner, 'spawn')))
  } catch {
    return null
  }
  return () => Promise.all(spinners.map(end))
}

async function end(spinner) {
  if (spinner.exitCode !== null || spinner.signalCode !== null) return
  spinner.kill('SIGKILL')
  await once(spinner, 'exit')
}
