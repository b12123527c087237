/** Callers and worker machines as programs of their own, in other folders and with other versions of the code. */
import '../support/setup'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Gate } from '../support/gate'
import { LiveProgram } from '../support/live-program'
import { killProgram, runProgram } from '../support/program'
import { until } from '../support/until'
import { askApp, Cluster, copyApp, startMachine } from './cluster-kit'
import { describeWithEngine, ENGINES, isInstalled, queueName, startEngine } from './services'

describeWithEngine('redis', (engine) => {
  const cluster = new Cluster(engine)

  test('a worker machine has the application in another folder', async () => {
    const [queue, here, there] = [queueName('folders'), copyApp(), copyApp()]
    await startMachine(there, queue, cluster.url)
    const ask = (what: string): Promise<unknown> => askApp(here, queue, cluster.url, 'any', what)
    expect(await ask('where')).toContain(there)
    // an instance of a class and a task among the arguments, nested, have names that mean the same there
    expect(await ask('move')).toEqual([true, 2])
  })

  test.each([
    ['v1', 'v2'],
    ['v2', 'v1'],
  ])('what %s calls, %s runs, unless the code has to be the same', async (calls, runs) => {
    const [queue, caller, machine] = [queueName('versions'), copyApp(calls), copyApp(runs)]
    await startMachine(machine, queue, cluster.url)
    expect(await askApp(caller, queue, cluster.url, 'any', 'version')).toBe(runs)
    const same = askApp(caller, queue, cluster.url, 'same', 'version')
    const pool = cluster.pool(queue)
    await until(async () => (await pool.refresh()).queue?.delayed === 1, 'the call to be requeued')
    await startMachine(copyApp(calls), queue, cluster.url)
    expect(await same).toBe(calls)
  })

  test('a method that is gone there is not found', async () => {
    const [queue, caller, machine] = [queueName('gone'), copyApp(), copyApp()]
    const jobs = join(machine, 'jobs.mjs')
    writeFileSync(jobs, readFileSync(jobs, 'utf8').replaceAll('version', 'renamed'))
    await startMachine(machine, queue, cluster.url)
    expect(await askApp(caller, queue, cluster.url, 'any', 'version')).toMatchObject({ name: 'NotFoundError' })
  })

  test('a call goes on after its caller is gone, and another program gets the result', async () => {
    const [queue, app, gate] = [queueName('attached'), copyApp(), new Gate()]
    await startMachine(app, queue, cluster.url)
    const args = [queue, cluster.url, 'any', 'slow', gate.path]
    const id = await killProgram(join(app, 'caller.mjs'), { args, cwd: app })
    const future = cluster.pool(queue).attach(id)
    gate.open()
    expect(await future).toBe('after the caller')
    expect(gate.arrived).toBe(1)
  })

  test('a worker machine ends what it has at SIGTERM, and takes no more', async () => {
    const [queue, app, gate] = [queueName('drained'), copyApp(), new Gate()]
    const machine = await startMachine(app, queue, cluster.url)
    const asked = askApp(app, queue, cluster.url, 'any', 'slow', gate.path)
    await gate.whenArrived()
    machine.signal('SIGTERM')
    gate.open()
    expect(await asked).toBe('after the caller')
    expect(await machine.end()).toEqual({ exitCode: 0, signal: null })
  })

  test('a caller ends soon after its last result, although its pool is open', async () => {
    const [queue, app] = [queueName('open'), copyApp()]
    await startMachine(app, queue, cluster.url)
    const caller = new LiveProgram(join(app, 'open-pool.mjs'), [queue, cluster.url])
    await caller.printed('v1')
    const told = performance.now()
    expect(await caller.end()).toEqual({ exitCode: 0, signal: null })
    expect(performance.now() - told).toBeLessThan(2_000) // a sweep would come after 3 to 5 s
  })
})

test.each(ENGINES.filter(isInstalled))(
  'a program ends after its worker was closed, although %s is down',
  async (name) => {
    const engine = await startEngine(name)
    const machine = await startMachine(copyApp(), queueName('down'), engine.url)
    await engine.stop()
    machine.signal('SIGTERM')
    expect(await machine.end()).toEqual({ exitCode: 0, signal: null })
  },
)

test.each(['redis://127.0.0.1:1', 'postgres://127.0.0.1:1/none'])(
  'a program that does not use its pool ends, although %s cannot be reached',
  async (url) => {
    const { exitCode, signal, stderr } = await runProgram('idle-queue-pool.cjs', { args: [url] })
    expect([exitCode, signal, stderr]).toEqual([0, null, ''])
  },
)
