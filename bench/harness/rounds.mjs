import { spawn } from 'node:child_process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))
const LIMIT = 60_000 // ms for one contender
const FEWEST = 3 // rounds, regardless of the budget

/**
 * Runs every contender once per round, in the order A B C A B C …. So a disturbance of the machine affects all of them, and
 * a ratio within a round compares measurements that are close in time. A round that would exceed `budget` ms is not started.
 * Returns one `{ [group/name]: result }` per round.
 */
export async function runRounds(bench, { rounds, budget, quick, onStart }) {
  const results = []
  const began = Date.now()
  for (let round = 0; round < rounds; round++) {
    if (round >= FEWEST && ((Date.now() - began) * (round + 1)) / round > budget) break
    const ofRound = {}
    for (const { name: group, contenders } of bench.groups) {
      for (const contender of contenders) {
        onStart({ round, group, contender })
        const result = await runOne(bench, contender, quick).catch((error) => ({ error: error.message }))
        ofRound[`${group}/${contender.name}`] = result
      }
    }
    results.push(ofRound)
  }
  return results
}

function runOne({ name, nodeFlags }, { module, options }, quick) {
  return new Promise((resolve, reject) => {
    const args = [...nodeFlags, CHILD, name, JSON.stringify({ module, options }), ...(quick ? ['--quick'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
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
