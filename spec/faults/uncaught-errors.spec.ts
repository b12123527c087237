import { futureOf } from 'pebble-ts'
import { faults } from '../fixtures/faults'
import { Gate, lines } from '../support/gate'
import { isAlive } from '../support/processes'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { failure, settled, until } from '../support/until'
import { warnings } from '../support/warnings'

useSoloPools()

forEachKind('an uncaught error', (kind) => {
  const job = faults[kind]

  test('thrown by a timer rejects the running call, and the worker goes on', async () => {
    const before = await settled(job.where())
    const error = await failure(job.throwFromTimer())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('from a timer')
    expect(error.stack).toMatch(/faults\.ts:\d+/)
    expect(await settled(job.where())).toEqual(before)
  })

  test('of a promise without a handler rejects the running call', async () => {
    const before = await settled(job.where())
    const error = await failure(job.rejectUnheard())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('unheard')
    expect(await settled(job.where())).toEqual(before)
  })

  test('of an earlier call does not fail the next one', async () => {
    const [seen, gate] = [warnings(), new Gate()]
    await settled(job.leaveABombFor(gate.path))
    const next = job.hold(gate.path)
    await until(() => seen.length > 0, 'the warning')
    expect(seen[0]?.detail).toContain('RangeError: not yours')
    gate.open()
    await settled(next)
  })

  test('after the end of the body is a warning, and fails no call', async () => {
    const [seen, gate] = [warnings(), new Gate()]
    const before = await settled(job.where())
    expect(await settled(job.leaveABomb(gate.path))).toBe('done')
    gate.open()
    await until(() => seen.length > 0, 'the warning')
    expect(seen[0]?.type).toBe('PebbleWorkerWarning')
    expect(seen[0]?.detail).toMatch(/RangeError: after the body\n.*faults\.ts:\d+/)
    expect(await settled(job.where())).toEqual(before)
  })

  test('may be a value without a text', async () => {
    const [seen, gate] = [warnings(), new Gate()]
    expect(await settled(job.leaveATextlessOne(gate.path))).toBe('done')
    gate.open()
    await until(() => seen.length > 0, 'the warning')
    expect(seen[0]?.detail).toBe('{ toString: null, valueOf: null }')
  })
})

test('stopping a process stops its children', async () => {
  const gate = new Gate()
  const future = futureOf(faults.process.spawnChild(gate.path))
  await gate.whenArrived()
  const [child] = lines(`${gate.path}.children`).map(Number)
  expect(isAlive(child as number)).toBe(true)
  future.cancel()
  await until(() => !isAlive(child as number) && !isAlive(gate.pids[0] as number), 'the process and its child to exit')
})
