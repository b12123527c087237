import { CancelledError, type Future } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { settled } from '../support/until'
import { makePool } from '../suites/pool-kit'

const WORKERS = 2
const CALLS = 600

forEachKind('many calls cancelled in one turn', (kind) => {
  /**
   * Starts calls of a short body, so that many were sent to workers when they are cancelled. The workers run as fast as
   * they can until a call in the middle holds each of them at the gate: some calls are always open.
   */
  async function start(signal?: AbortSignal) {
    const pool = makePool(kind, { maxWorkers: WORKERS })
    const [log, gate] = [scratchFile(), new Gate()]
    const warm = Array.from({ length: CALLS }, (_, n) => pool.schedule(tasks.note, { args: [log, `warm ${n}`] }))
    await settled(Promise.all(warm))
    const note = (n: number) => pool.schedule(tasks.note, { args: [log, n], signal })
    const calls: Array<Future<unknown>> = [
      ...Array.from({ length: CALLS }, (_, n) => note(n)),
      ...Array.from({ length: WORKERS }, () => pool.schedule(tasks.block, { args: [gate.path], signal })),
      ...Array.from({ length: CALLS }, (_, n) => note(CALLS + n)),
    ]
    await settled(calls[0] as PromiseLike<unknown>)
    return { log, gate, calls, stop: () => pool.stop() }
  }

  test.each(['one signal', 'a loop of cancel()', 'a loop backwards', 'pool.stop()'])(
    'are cancelled at once by %s, and none starts afterwards or runs twice',
    async (how) => {
      const controller = new AbortController()
      const { log, gate, calls, stop } = await start(how === 'one signal' ? controller.signal : undefined)
      const open = calls.filter((call) => !call.done())
      if (how === 'one signal') controller.abort('enough')
      else if (how === 'pool.stop()') stop()
      else for (const call of how === 'a loop backwards' ? open.slice().reverse() : open) call.cancel()
      const noted = lines(log).length
      gate.open()
      // A stopped thread pool finishes running calls, and reads their outcomes later.
      if (kind === 'process' || how !== 'pool.stop()') expect(calls.filter((call) => !call.done())).toEqual([])
      const outcomes = await settled(Promise.allSettled(calls))
      const cancelled = outcomes
        .filter((each) => each.status === 'rejected')
        .map(({ reason }) => reason as CancelledError)
      expect(cancelled.length).toBeGreaterThan(0)
      for (const error of cancelled) expect(error).toBeInstanceOf(CancelledError)
      if (how === 'one signal') for (const { cause } of cancelled) expect(cause).toBe('enough')
      stop()
      const all = lines(log)
      expect(all.length - noted).toBeLessThanOrEqual(WORKERS) // calls that were running may still have written their line
      expect(new Set(all).size).toBe(all.length)
    },
  )

  test('do not affect the other calls, which run once each', async () => {
    const { log, gate, calls } = await start()
    const last = calls.slice(-100) // these are waiting
    const doomed = calls.slice(200, -100).filter((call) => !call.done() && !call.running())
    expect(doomed.length).toBeGreaterThan(0)
    for (const call of doomed) call.cancel()
    gate.open()
    const outcomes = await settled(Promise.allSettled(calls))
    const failed = calls.filter((_, n) => outcomes[n]?.status === 'rejected')
    expect(failed.every((call) => doomed.includes(call))).toBe(true)
    expect(last.some((call) => failed.includes(call))).toBe(false)
    const all = lines(log)
    expect(new Set(all).size).toBe(all.length)
  })
})
