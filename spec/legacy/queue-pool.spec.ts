import { TimeoutError } from 'pebble-ts'
import { Cluster } from '../cluster/cluster-kit'
import { describeWithEngine } from '../cluster/services'
import '../support/setup'
import { failure, settled } from '../support/until'
import { Totals } from './queue-services'

describeWithEngine('redis', (engine) => {
  const cluster = new Cluster(engine)

  test('methods that were decorated by the other dialect run on worker machines', async () => {
    await cluster.start('spec/legacy/queue-services.ts')
    const totals = new Totals()
    totals.factor = 7
    expect(await settled(totals.times(6))).toBe(42)
    expect(await settled(Totals.pid())).not.toBe(process.pid)
    expect(await failure(totals.loop())).toBeInstanceOf(TimeoutError)
  })
})
