import { futureOf } from 'pebble-ts'
import { faults } from '../fixtures/faults'
import { Gate, lines } from '../support/gate'
import { isAlive } from '../support/processes'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { failure, settled, until } from '../support/until'
import { warnings } from '../support/warnings'

useSoloPools()

forEachKind('an error that no promise of a body carries', (kind) => {
  const job = faults[kind]

  test('thrown by a timer rejects the call that runs, and the worker goes on', async () => {
    const before = await settled(job.where())
    const error = await failure(job.throwFromTimer())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('from a timer')
    expect(error.stack).toMatch(/faults\.ts:\d+/)
    expect(await settled(job.where())).toEqual(before)
  })

  test('of a promise that nobody hears rejects the call that runs', async () => {
    const before = await settled(job.where())
    const error = await failure(job.rejectUnheard())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('unheard')
    expect(await settled(job.where())).toEqual(before)
  })

  test('is not the next call’s', async () => {
    const [heard, gate] = [warnings(), new Gate()]
    await settled(job.leaveABombFor(gate.path))
    const next = job.hold(gate.path)
    await until(() => heard.length > 0, 'the warning')
    expect(heard[0]?.detail).toContain('RangeError: not yours')
    gate.open()
    await settled(next)
  })

  test('after the body is a warning, and hurts no call', async () => {
    const [heard, gate] = [warnings(), new Gate()]
    const before = await settled(job.where())
    expect(await settled(job.leaveABomb(gate.path))).toBe('done')
    gate.open()
    await until(() => heard.length > 0, 'the warning')
    expect(heard[0]?.type).toBe('PebbleWorkerWarning')
    expect(heard[0]?.detail).toMatch(/RangeError: after the body\n.*faults\.ts:\d+/)
    expect(await settled(job.where())).toEqual(before)
  })

  test('may be something without a text', async () => {
    const [heard, gate] = [warnings(), new Gate()]
    expect(await settled(job.leaveATextlessOne(gate.path))).toBe('done')
    gate.open()
    await until(() => heard.length > 0, 'the warning')
    expect(heard[0]?.detail).toBe('{ toString: null, valueOf: null }')
  })
})

test('stopping a process stops what it started', async () => {
  const gate = new Gate()
  const future = futureOf(faults.process.spawnChild(gate.path))
  await gate.whenArrived()
  const [child] = lines(`${gate.path}.children`).map(Number)
  expect(isAlive(child as number)).toBe(true)
  future.cancel()
  await until(
    () => !isAlive(child as number) && !isAlive(gate.pids[0] as number),
    'the process and its child to be gone',
  )
})
