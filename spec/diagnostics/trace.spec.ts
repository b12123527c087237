import { readFileSync } from 'node:fs'
import { traceTo } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { makePool } from '../suites/pool-kit'
import { Gate, scratchFile } from '../support/gate'
import { runProgram } from '../support/program'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly id?: string
  readonly args?: Readonly<Record<string, unknown>>
}

const read = (path: string): TraceEvent[] => JSON.parse(readFileSync(path, 'utf8')) as TraceEvent[]
const phase = (events: TraceEvent[], ph: string): TraceEvent[] => events.filter((event) => event.ph === ph)

forEachKind('a trace', (kind) => {
  it('has a slice for each body in the lane of its worker, and one for the wait of the call', async () => {
    const [path, pool] = [scratchFile('trace.json'), makePool(kind, { maxWorkers: 2, name: 'traced' })]
    const trace = traceTo(path)
    const futures = Array.from({ length: 50 }, (_, n) => pool.schedule(tasks.add, { args: [n, n] }))
    await settled(Promise.all(futures))
    await failure(pool.schedule(tasks.fail, { args: ['oh'] }))
    trace.stop()
    await settled(pool.schedule(tasks.add, { args: [1, 1] })) // after the trace was stopped
    const events = read(path)
    expect(phase(events, 'X')).toHaveLength(51)
    expect(phase(events, 'X').map(({ args }) => args?.id)).toEqual(expect.arrayContaining(futures.map(({ id }) => id)))
    expect(phase(events, 'X').at(-1)).toMatchObject({ args: { state: 'failed', error: 'RangeError: oh' } })
    expect(phase(events, 'b')).toHaveLength(51)
    expect(phase(events, 'e')).toHaveLength(51)
    const names = phase(events, 'M').map(({ args }) => args?.name)
    expect(names).toContain(`traced (${kind}s)`)
    const lanes = new Set(phase(events, 'M').map(({ tid }) => tid))
    expect(phase(events, 'X').every(({ tid }) => lanes.has(tid))).toBe(true)
  })

  it('uses several lanes if a worker runs several bodies at once', async () => {
    const [path, pool] = [scratchFile('trace.json'), makePool(kind, { maxWorkers: 1, concurrency: 4 })]
    const [trace, gate] = [traceTo(path), new Gate()]
    const futures = Array.from({ length: 8 }, () => pool.schedule(tasks.pass, { args: [gate.path] }))
    await gate.whenArrived(4)
    gate.open()
    await settled(Promise.all(futures))
    trace.stop()
    const slices = phase(read(path), 'X')
    expect(slices).toHaveLength(8)
    expect(new Set(slices.map(({ tid }) => tid)).size).toBeGreaterThanOrEqual(4)
    for (const tid of new Set(slices.map((slice) => slice.tid))) {
      const lane = slices.filter((slice) => slice.tid === tid).sort((a, b) => a.ts - b.ts)
      lane.slice(1).forEach((slice, n) => {
        const { ts, dur } = lane[n] as TraceEvent
        expect(slice.ts).toBeGreaterThanOrEqual(ts + (dur as number) - 1) // rounded
      })
    }
  })
})

it('throws at once if the file cannot be written, and leaves nothing behind', () => {
  expect(() => traceTo('/nowhere/at/all/trace.json')).toThrow(/ENOENT/)
  const before = process.listenerCount('exit')
  const trace = traceTo(scratchFile('trace.json'))
  expect(process.listenerCount('exit')).toBe(before + 1)
  trace.stop()
  trace.stop()
  expect(process.listenerCount('exit')).toBe(before)
})

it('is complete if the program exits without `stop()`', async () => {
  const path = scratchFile('trace.json')
  const { exitCode } = await settled(runProgram('traced.mts', { args: [path] }))
  expect(exitCode).toBe(5)
  expect(phase(read(path), 'X')).toHaveLength(3)
})
