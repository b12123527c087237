import { spawn } from 'node:child_process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { keepAwake } from './spinners.mjs'

const PROGRAMS = fileURLToPath(new URL('../programs/', import.meta.url))
const LIMIT = 60_000 // ms for one contender
/** With extra certificates, each Node.js process starts up to 50 ms later. Some libraries start theirs without the variable. */
const { NODE_EXTRA_CA_CERTS: _, ...ENV } = process.env

/**
 * Runs every contender once per round, each in a new process, in the order A B C A B C …. So a disturbance of the machine
 * affects all of them, and a ratio within a round compares measurements that are close in time.
 * Returns one `{ [group/name]: result }` per round.
 */
export async function runRounds(bench, { rounds, quick, onStart }) {
  const results = []
  for (let round = 0; round < rounds; round++) {
    const ofRound = {}
    for (const group of bench.groups) {
      await inConditionOf(group, async () => {
        for (const contender of group.contenders) {
          onStart({ round, group: group.name, contender })
          const result = await runOne(bench, contender, quick).catch((error) => ({ error: error.message }))
          ofRound[`${group.name}/${contender.name}`] = result
        }
      })
    }
    results.push(ofRound)
  }
  return results
}

/** A group that needs the cores awake is left out where they cannot be kept awake. */
async function inConditionOf({ awake = false, contenders }, run) {
  if (!awake) return run()
  if (contenders.length === 0) return undefined
  const release = await keepAwake()
  if (!release) return undefined
  try {
    return await run()
  } finally {
    await release()
  }
}

function runOne({ name, program, nodeFlags }, { module, options }, quick) {
  return new Promise((resolve, reject) => {
    const contestant = JSON.stringify({ module, options })
    const args = [...nodeFlags, `${PROGRAMS}${program}`, name, contestant, ...(quick ? ['--quick'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: ENV })
    let [out, err] = ['', '']
    child.stdout.on('data', (text) => (out += text))
    child.stderr.on('data', (text) => (err += text))
    const timer = setTimeout(() => endGroup(child), LIMIT)
    child.on('error', reject)
    child.on('exit', () => {
      clearTimeout(timer)
      endGroup(child) // remaining workers would disturb the next contender
    })
    child.on('close', (code, signal) => {
      const line = /^@result (.*)$/m.exec(out)
      if (line) resolve(JSON.parse(line[1]))
      else reject(new Error(`ended with ${signal ?? `code ${code}`}: ${err.trim().slice(-2000) || 'no output'}`))
    })
  })
}

/** Kills the process group of the contender: the contender and the processes that it started. */
function endGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // the group has already ended
  }
}
