/** The recipe for bull-board: what it shows of a queue of this package. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { QueuePool, QueueWorker } from 'pebble-ts/cluster'
import { fail } from '../fixtures/far'
import { describeWithEngine } from '../cluster/services'
import { failure, settled } from '../support/until'
import { compileProgram } from './compile'
import { blocksOf, root } from './markdown'

/** What the recipe is given: a server adapter, which gets the queues. */
const BEFORE = `
let shown
const serverAdapter = new Proxy({}, { get: (_, name) => (value) => {
  if (name === 'setQueues') shown = value
  return serverAdapter
} })
`
/** The failed jobs as the board reads them; then one of them is tried again, as its button does. */
const AFTER = `
const board = shown.get('reports')
const [job] = await board.getJobs(['failed'])
console.log(JSON.stringify({ name: job.name, reason: job.failedReason.slice(0, 31), counts: await board.getJobCounts() }))
await job.retry('failed')
await queue.close()
`

describeWithEngine('redis', (engine) => {
  test('bull-board shows the queue, and lets a failed call start again', async () => {
    const options = { connection: engine().url, secret: 'of the spec', root, lease: 5000 }
    await using worker = new QueueWorker('reports', { ...options, modules: [join(root, 'spec/fixtures/far.ts')] })
    await using pool = new QueuePool('reports', options)
    const failed = pool.schedule(fail, { args: ['no ink'] })
    await failure(failed)
    expect(await runRecipe(engine().url)).toMatchObject({
      name: 'fail of far.ts',
      reason: '{"reason":"RangeError: no ink",',
      counts: { failed: 1, waiting: 0 },
    })
    const again = pool.attach(failed.id)
    expect((await failure(again)).message).toBe('no ink')
    expect(worker.stats().done).toBe(2)
  })
})

async function runRecipe(url: string): Promise<unknown> {
  const block = blocksOf('docs/recipes.md').find(({ code }) => code.includes('createBullBoard'))
  if (block === undefined) throw new Error('docs/recipes.md has no recipe for bull-board')
  const folder = mkdtempSync(join(root, 'spec/docs/.programs-')) // inside the package, so that it finds the packages
  try {
    const file = join(folder, 'board.mjs')
    writeFileSync(file, `${BEFORE}${compileProgram(block)}${AFTER}`)
    const env = { ...process.env, REDIS_URL: url }
    const { stdout } = await settled(promisify(execFile)(process.execPath, [file], { env }), 'the recipe to end')
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
