import { FakeClock } from '../support/clock'
import { MemoryEngine } from './engine-memory'
import { describeEngine } from './engine.suite'

const MOST_STEPS = 2_000

describeEngine(async () => {
  const clock = new FakeClock()
  const memory = new MemoryEngine()
  return {
    caller: () => memory.caller(),
    worker: ({ parallel = 1 } = {}) => {
      const engine = memory.worker({ parallel, lease: 3_000 })
      return { engine, die: () => engine.close() }
    },
    until: async (condition, what) => {
      for (let steps = 0; !(await condition()); steps++) {
        if (steps > MOST_STEPS) throw new Error(`Waited for ${what}, in vain.`)
        await clock.pass(10)
      }
    },
    end: async () => undefined,
  }
})
