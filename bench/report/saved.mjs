import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))

/** Saves the results of one bench, with all figures of all rounds. Returns the name of the file. */
export function save({ name, title, measures, groups }, { load, rounds, summary, peers }) {
  const date = new Date().toISOString()
  const about = {
    bench: name,
    title,
    date,
    commit: commit(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    load,
    peers,
  }
  mkdirSync(RESULTS, { recursive: true })
  const file = `${RESULTS}${date.slice(0, 16).replace(':', '')}-${name}.json`
  writeFileSync(file, `${JSON.stringify({ ...about, measures, groups, summary, rounds }, null, 1)}\n`)
  return file
}

/** The newest saved results of each bench. Files of an older format, without `groups`, are left out. */
export function latest() {
  const found = {}
  for (const file of readdirSync(RESULTS).sort()) {
    const result = JSON.parse(readFileSync(`${RESULTS}${file}`, 'utf8'))
    if (result.groups) found[result.bench] = result
  }
  return found
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: RESULTS, encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}
