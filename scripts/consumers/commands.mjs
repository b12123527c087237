/** Runs commands, each in a process group of its own, which ends with its limit. */
import { spawn } from 'node:child_process'

const LIMIT = 240_000 // ms

const running = new Set()

/** Ends what runs. */
export function killAll() {
  for (const child of running) killGroup(child)
}

function killGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // all of them have ended
  }
}

/** @returns stdout. @throws with all output if the command fails or takes too long */
export async function run(command, args, { cwd, env = {} }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...inherited(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text))
  const timer = setTimeout(killGroup, LIMIT, child)
  running.add(child)
  const ended = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status, signal) => resolve(signal ?? status))
  }).finally(() => {
    clearTimeout(timer)
    running.delete(child)
  })
  if (ended === 0) return output.stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${ended}\n${output.stdout}\n${output.stderr}`)
}

/** Without what the run of this script by npm or a test runner adds. */
function inherited() {
  const names = Object.keys(process.env).filter(
    (name) => !/^(npm_|JEST_WORKER_ID$|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$)/i.test(name),
  )
  return { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), NO_COLOR: '1' }
}
