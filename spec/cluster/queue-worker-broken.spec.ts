/** A worker machine whose processes do not start, beside a healthy one. */
import { pools, ProcessPool } from 'pebble-ts'
import { Reports } from '../fixtures/cluster/reports'
import { settled, until } from '../support/until'
import { warnings } from '../support/warnings'
import { Cluster } from './cluster-kit'
import { describeWithEngine, queueName, type Engine } from './services'

describeWithEngine('redis', (engine: () => Engine) => {
  const cluster = new Cluster(engine)

  test('a machine whose processes do not start gives its calls back, and takes no more', async () => {
    const warned = warnings()
    const queue = queueName('broken')
    pools.register('cluster', cluster.pool(queue))
    const local = new ProcessPool({ maxWorkers: 1, context: { execArgv: ['--no-such-option'] } })
    const broken = cluster.worker(queue, { pool: local })
    await broken.ready()
    const reports = new Reports()
    reports.factor = 1
    const outcomes = Promise.all([1, 2, 3, 4].map((n) => reports.times(n)))
    await until(() => broken.stats().state === 'paused', 'the machine to pause')
    expect(warned.filter(({ type }) => type === 'PebbleClusterWarning').map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Worker machine .* takes no more calls, because its processes do not start: The pool is broken/,
      ),
    ])
    const healthy = cluster.worker(queue)
    expect(await settled(outcomes)).toEqual([1, 2, 3, 4])
    expect([broken.stats().done, healthy.stats().lost]).toEqual([0, 0])
    local.stop()
    await local.join()
  })
})
