import * as tasks from '../fixtures/pools/tasks'
import { solo } from '../suites/pool-kit'
import { forEachKind } from '../support/setup'
import { Gate } from '../support/gate'
import { failure, settled } from '../support/until'

forEachKind('the times of a pool', (kind) => {
  it('are 0 before the first call', () => {
    const none = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }
    expect(solo(kind).stats()).toMatchObject({ queueTime: none, runTime: none })
  })

  it('measure how long calls waited and how long bodies ran', async () => {
    const [pool, gate] = [solo(kind), new Gate()]
    await settled(pool.schedule(tasks.add, { args: [1, 2] }))
    const [slow, behind] = [
      pool.schedule(tasks.pass, { args: [gate.path] }),
      pool.schedule(tasks.add, { args: [1, 2] }),
    ]
    await gate.whenArrived()
    const opened = performance.now()
    while (performance.now() < opened + 100) await new Promise(setImmediate)
    gate.open()
    await settled(Promise.all([slow, behind]))
    const { queueTime, runTime } = pool.stats()
    expect([queueTime.count, runTime.count]).toEqual([3, 3])
    expect(runTime.max).toBeGreaterThanOrEqual(99)
    expect(queueTime.p99).toBeGreaterThanOrEqual(99)
    expect(runTime.p50).toBeLessThan(runTime.max)
    for (const times of [queueTime, runTime]) {
      const { p50, p95, p99, max } = times
      expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b))
    }
  })

  it('include bodies that were stopped, and leave out calls that did not run', async () => {
    const [pool, gate] = [solo(kind), new Gate()]
    const stopped = pool.schedule(tasks.spin, { args: [gate.path], timeout: 100 })
    const never = pool.schedule(tasks.add, { args: [1, 2] })
    never.cancel()
    await failure(stopped)
    const { queueTime, runTime } = pool.stats()
    expect([queueTime.count, runTime.count]).toEqual([1, 1])
    expect(runTime.max).toBeGreaterThanOrEqual(99)
  })
})
