/** Measures how fast `GET /health` is while a report of 200,000 rows is made: with `@process`, and without it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SAMPLE_ROWS } from '../reports/sample'
import { percentile } from '../reports/statistics'
import { startServer } from './server'

const INTERVAL = 5 // ms between requests, whether or not the ones before are answered
const WARM_UP = 200 // requests

interface Measurement {
  readonly latencies: number[]
  /** From the start of the client that uploads to the result, in ms. */
  readonly duration: number
}

async function measure(settings: Record<string, string>): Promise<Measurement> {
  await using server = await startServer(settings)
  const agent = new Agent({ keepAlive: true })
  for (let n = 0; n < WARM_UP; n++) await latency(agent, server.url)
  const start = performance.now()
  const report = makeReport(server.url)
  const latencies = await repeatUntil(report, () => latency(agent, server.url))
  await report
  const duration = performance.now() - start
  agent.destroy()
  return { latencies, duration }
}

async function makeReport(url: string): Promise<void> {
  const child = spawn(process.execPath, [join(__dirname, 'make-report.js'), url], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error('The report was not made.')
}

/** Asks at a fixed rate. So a server that does not answer for a second fails to answer 200 requests, not one. */
async function repeatUntil(end: Promise<void>, measureOne: () => Promise<number>): Promise<number[]> {
  let ended = false
  void end.catch(() => {}).finally(() => (ended = true))
  const answers: Array<Promise<number>> = []
  while (!ended) {
    const answer = measureOne()
    answer.catch(() => {}) // `Promise.all` throws it, and `await using` stops the server first
    answers.push(answer)
    await sleep(INTERVAL)
  }
  return Promise.all(answers)
}

async function latency(agent: Agent, url: string): Promise<number> {
  const start = performance.now()
  // A server that was blocked for 5 s closes idle connections before it reads the requests that wait in them.
  await ask(agent, url).catch(() => ask(agent, url))
  return performance.now() - start
}

function ask(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${url}/health`, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`/health answered with status ${response.statusCode}`))
      response.resume().on('end', resolve)
    }).on('error', reject)
  })
}

async function main(): Promise<void> {
  const rows = [
    ['@process', await measure({})] as const,
    ['inline', await measure({ PEBBLE_EAGER: '1' })] as const, // the same body, in the thread of the server
  ]
  console.log(`GET /health while a report of ${SAMPLE_ROWS} rows is made, one request each ${INTERVAL} ms\n`)
  console.log('| body     | requests |   p50 ms |   p99 ms |   max ms | report ms |')
  console.log('| -------- | -------- | -------- | -------- | -------- | --------- |')
  for (const [name, { latencies, duration }] of rows) {
    const sorted = latencies.toSorted((a, b) => a - b)
    const cells = [percentile(sorted, 50), percentile(sorted, 99), percentile(sorted, 100)].map((ms) =>
      ms.toFixed(1).padStart(8),
    )
    console.log(
      `| ${name.padEnd(8)} | ${String(sorted.length).padStart(8)} | ${cells.join(' | ')} | ${duration.toFixed(0).padStart(9)} |`,
    )
  }
}

void main()
