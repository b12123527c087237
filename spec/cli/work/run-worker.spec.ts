import '../../support/setup'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Redis } from 'ioredis'
import { ProcessExpired } from 'pebble-ts'
import { QueuePool } from 'pebble-ts/cluster'
import { add, fail, spinAt, waitAt } from '../../fixtures/far'
import { describeWithEngine, isInstalled, queueName, startEngine, type Engine } from '../../cluster/services'
import { Gate } from '../../support/gate'
import { LiveProgram } from '../../support/live-program'
import { runProgram, type Outcome } from '../../support/program'
import { isAlive } from '../../support/processes'
import { failure, settled, until } from '../../support/until'

const ROOT = join(__dirname, '..', '..', '..')
const CLI = join(ROOT, 'dist', 'cli.js')
const MODULE = join(ROOT, 'spec', 'fixtures', 'far.ts')
const SECRET = 'of the spec'
const TSX = ['--import', pathToFileURL(require.resolve('tsx')).href]

const open: QueuePool[] = []
beforeAll(() => {
  process.env['PEBBLE_SECRET'] = SECRET
})
afterEach(async () => {
  for (const pool of open.splice(0)) {
    pool.stop()
    await pool.join()
  }
})

function openPool(queue: string, { url }: Engine): QueuePool {
  const pool = new QueuePool(queue, { connection: url, root: ROOT, lease: 5000 })
  open.push(pool)
  return pool
}

/** A worker machine that is ready. */
async function startWorker(
  queue: string,
  { url }: Engine,
  { args = [], execArgv = [] }: { args?: readonly string[]; execArgv?: readonly string[] } = {},
): Promise<LiveProgram> {
  const all = ['work', MODULE, '--queue', queue, '--connection', url, '--processes', '2', '--lease', '5000', ...args]
  const worker = new LiveProgram(CLI, all, execArgv)
  await until(() => worker.stdout.includes(' is ready: it takes calls of '), `the worker to be ready\n${worker.stderr}`)
  return worker
}

const withoutName = ({ lines }: LiveProgram): string[] => lines.map((line) => line.replace(/^\S+:\d+ /, ''))

describeWithEngine('redis', (engine) => {
  test('the worker runs calls, and drains at the first signal: the running body ends, the exit code is 0', async () => {
    const queue = queueName()
    const worker = await startWorker(queue, engine())
    const pool = openPool(queue, engine())
    const gate = new Gate()
    expect(await settled(pool.schedule(add, { args: [2, 3] }))).toBe(5)
    const running = pool.schedule(waitAt, { args: [gate.path] })
    await gate.whenArrived()
    worker.signal('SIGTERM')
    await until(() => worker.stdout.includes(' drains: '), 'the worker to drain')
    const later = pool.schedule(add, { args: [1, 1] })
    gate.open()
    expect(await settled(running)).toBe('passed')
    expect(await worker.end()).toEqual({ exitCode: 0, signal: null })
    expect(withoutName(worker)).toEqual([
      `is ready: it takes calls of '${queue}' from ${engine().url}.`,
      'drains: 1 call left. The next signal stops them.',
      'has ended: 2 calls done.',
    ])
    expect(later.done()).toBe(false) // it waits for another worker
    later.cancel()
    await failure(later)
  })

  test('the second signal stops a body that loops; the caller is told, and the exit code is 1', async () => {
    const queue = queueName()
    const worker = await startWorker(queue, engine())
    const gate = new Gate()
    const running = openPool(queue, engine()).schedule(spinAt, { args: [gate.path] })
    await gate.whenArrived()
    worker.signal('SIGINT')
    await until(() => worker.stdout.includes(' drains: '), 'the worker to drain')
    worker.signal('SIGINT')
    const error = await failure<ProcessExpired>(running)
    expect(error).toBeInstanceOf(ProcessExpired)
    expect(error.message).toMatch(/^Worker machine \S+ stopped `spinAt` of far\.ts: it was shut down/)
    expect(await worker.end()).toEqual({ exitCode: 1, signal: null })
    expect(withoutName(worker).at(-1)).toBe('has ended: 1 call done, 1 of them stopped.')
    await until(() => !gate.pids.some(isAlive), 'the body to be gone')
  })

  test('what is left after `--drain` ms is stopped, and the exit code is 1', async () => {
    const queue = queueName()
    const worker = await startWorker(queue, engine(), { args: ['--drain', '50'] })
    const gate = new Gate()
    const running = openPool(queue, engine()).schedule(spinAt, { args: [gate.path] })
    await gate.whenArrived()
    worker.signal('SIGTERM')
    expect((await failure(running)).message).toContain('(limit `drain: 50`)')
    expect(await worker.end()).toEqual({ exitCode: 1, signal: null })
  })

  test('it runs TypeScript under tsx', async () => {
    const queue = queueName()
    const worker = await startWorker(queue, engine(), { execArgv: TSX })
    expect(await settled(openPool(queue, engine()).schedule(add, { args: [20, 1] }))).toBe(21)
    worker.signal('SIGTERM')
    expect(await worker.end()).toEqual({ exitCode: 0, signal: null })
  })

  test('it takes calls of several queues', async () => {
    const [one, two] = [queueName(), queueName()]
    const worker = await startWorker(`${one},${two}`, engine())
    const pools = [one, two].map((queue) => openPool(queue, engine()))
    expect(await settled(Promise.all(pools.map((pool) => pool.schedule(add, { args: [1, 2] }))))).toEqual([3, 3])
    worker.signal('SIGTERM')
    expect(await worker.end()).toEqual({ exitCode: 0, signal: null })
  })

  test('an engine that refuses a command ends the worker with 1, and says why', async () => {
    const admin = new Redis(engine().url)
    await admin.call('ACL', 'SETUSER', 'limited', 'on', '>word', '~*', '&*', '+@all', '-ping')
    const url = engine().url.replace('//', '//limited:word@')
    const { exitCode, stdout, stderr } = await runProgram(CLI, {
      args: ['work', MODULE, '--queue', queueName(), '--connection', url],
    })
    await admin.call('ACL', 'DELUSER', 'limited')
    admin.disconnect()
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^pebble-ts: .*NOPERM.*ping/)
  })

  test('`queue` shows numbers and failed calls, and lets one run again', async () => {
    const queue = queueName()
    const ask = (...args: string[]): Promise<Outcome> =>
      runProgram(CLI, { args: ['queue', ...args, '--queue', queue, '--connection', engine().url] })
    const worker = await startWorker(queue, engine())
    const failed = openPool(queue, engine()).schedule(fail, { args: ['no ink'] })
    await failure(failed)
    expect((await ask('stats')).stdout).toBe('waiting 0\nactive  0\ndelayed 0\nfailed  1\nworkers 1\n')
    expect((await ask('failed')).stdout).toBe(`${failed.id}\tfail of far.ts\t${failed.worker}\tRangeError: no ink\n`)
    const again = await ask('retry', failed.id)
    expect([again.exitCode, again.stderr]).toEqual([1, 'pebble-ts: RangeError: no ink\n'])
    expect(await ask('forget', failed.id)).toMatchObject({ exitCode: 0, stdout: `${failed.id} is forgotten.\n` })
    expect((await ask('failed')).stdout).toBe('')
    expect((await ask('retry', failed.id)).stderr).toContain(`has no record of call ${failed.id}`)
    worker.signal('SIGTERM')
    await worker.end()
  })
})

test('a worker that finds no engine says so, and ends at the first signal with 1', async () => {
  const worker = new LiveProgram(CLI, ['work', MODULE, '--queue', 'a', '--connection', 'redis://:pass@127.0.0.1:1/2'])
  await until(() => worker.stdout.includes('\n'), 'the worker to say something')
  expect(withoutName(worker)).toEqual([
    'waits for redis://127.0.0.1:1/2: connect ECONNREFUSED 127.0.0.1:1. Nothing listens there: start it, or correct host and port in `connection`.',
  ])
  worker.signal('SIGTERM')
  expect(await worker.end()).toEqual({ exitCode: 1, signal: null })
})

test('a worker whose engine is down ends at the first signal, with 0', async () => {
  if (!isInstalled('redis')) return
  const engine = await startEngine('redis')
  const worker = await startWorker(queueName(), engine)
  await engine.stop()
  worker.signal('SIGTERM')
  expect(await worker.end()).toEqual({ exitCode: 0, signal: null })
  expect(withoutName(worker).slice(1)).toEqual([
    'drains: 0 calls left. The next signal stops them.',
    'has ended: 0 calls done.',
  ])
})

const REDIS = ['--connection', 'redis://127.0.0.1:1']
test.each([
  [['work', MODULE, ...REDIS], 'Expected --queue, the name of a queue.'],
  [['work', '/no/such.js', '--queue', 'a'], 'There is no file /no/such.js.'],
  [
    ['work', MODULE, '--queue', 'a', '--connection', 'amqp://x'],
    'Expected --connection, or PEBBLE_CONNECTION or REDIS_URL in the environment: a URL that begins with redis://, rediss:// or postgres://, got another one.',
  ],
  [
    ['work', MODULE, '--queue', 'a', ...REDIS, '--secret-env', 'NO_SUCH'],
    'Expected the secret of the callers in the environment as NO_SUCH. --no-secret does without, where only trusted programs reach the queue.',
  ],
  [
    ['work', MODULE, '--queue', 'a', ...REDIS, '--root', __dirname],
    `${MODULE} is not below ${__dirname}. Give --root, a folder that holds all modules.`,
  ],
  [['work', MODULE, '--queue', 'a', ...REDIS, '--root', '/no/such'], 'There is no folder /no/such.'],
  [
    ['work', MODULE, '--queue', 'a', ...REDIS, '--lease', '10'],
    'Expected --lease to be a whole number, at least 5000, got 10.',
  ],
  [
    ['work', MODULE, '--queue', 'a', ...REDIS, '--processes', 'all'],
    'Expected --processes to be a whole number, at least 1, got all.',
  ],
  [['queue', 'look', '--queue', 'a'], 'Expected an action: stats, failed, retry, forget. Got look.'],
  [['queue', 'retry', '--queue', 'a'], 'Expected the id of a call: pebble-ts queue retry <id>.'],
])('wrong usage ends with 2 and says what is wrong: %j', async (args, message) => {
  const { exitCode, stdout, stderr } = await runProgram(CLI, { args })
  expect([exitCode, stdout, stderr]).toEqual([2, '', `pebble-ts: ${message}\nTry \`pebble-ts ${args[0]} --help\`.\n`])
})
