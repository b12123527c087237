import { BullCallerEngine } from '../../src/cluster/caller-engine'
import { connect } from '../../src/cluster/connect'
import { BullWorkerEngine } from '../../src/cluster/worker-engine'
import { settled, until } from '../support/until'
import type { EngineKit } from './engine.suite'
import { queueName, type Engine } from './services'

/** The shortest lease that leaves the machine time to renew it. */
const LEASE = 3_000

/** Real callers and workers of one queue. */
export async function engineKit({ url }: Engine): Promise<EngineKit> {
  const open: Array<{ close(): Promise<void> }> = []
  const queue = queueName('engine')
  const kept = { keep: 60_000, keepFailed: 60_000 }
  const options = () => ({ queue, connection: connect(url), secrets: ['key'], lease: LEASE, ...kept })
  const opened = <T extends { close(): Promise<void> }>(engine: T): T => {
    open.unshift(engine)
    return engine
  }
  return {
    caller: () => {
      const engine = opened(new BullCallerEngine(options()))
      engine.hold(true)
      return engine
    },
    worker: ({ parallel = 1 } = {}) => {
      const engine = opened(new BullWorkerEngine({ ...options(), parallel }))
      const die = async (): Promise<void> => {
        open.splice(open.indexOf(engine), 1)
        await engine.close()
      }
      return { engine, die }
    },
    until,
    end: async () => {
      for (const engine of open.splice(0)) await settled(engine.close(), 'the engine to close')
    },
  }
}
