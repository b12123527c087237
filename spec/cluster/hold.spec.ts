import '../support/setup'
import { join } from 'node:path'
import { QueueWorker } from 'pebble-ts/cluster'
import { describeWithEngine, queueName } from './services'
import { Gate } from '../support/gate'
import { isAlive } from '../support/processes'
import { resultOf } from '../support/program'
import { until } from '../support/until'

const PROGRAM = 'far-requests.ts'
const ROOT = join(__dirname, '..', '..')

describeWithEngine('redis', (engine) => {
  test.each([
    ['refresh', 0],
    ['repeat', true],
    ['failed', []],
  ])('a program that awaits only %s() gets its answer, and ends then', async (what, answer) => {
    expect(await resultOf(PROGRAM, { args: [what, queueName(), engine().url] })).toEqual(answer)
  })

  test('a program that ends right after cancel() has stopped the body', async () => {
    const queue = queueName()
    const gate = new Gate()
    const modules = [join(ROOT, 'spec/fixtures/far.ts')]
    await using worker = new QueueWorker(queue, {
      connection: engine().url,
      modules,
      root: ROOT,
      processes: 1,
      secret: 'of the spec',
    })
    await worker.ready()
    const args = ['cancel', queue, engine().url, gate.path]
    expect(await resultOf(PROGRAM, { args })).toBe(true)
    await until(() => gate.pids.every((pid) => !isAlive(pid)), 'the body to be stopped')
  })
})
