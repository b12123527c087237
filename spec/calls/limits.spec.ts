import { statSync } from 'node:fs'
import { CancelledError, futureOf, TimeoutError } from 'pebble-ts'
import { limits, type Place } from '../fixtures/limits'
import { forgetStarts } from '../fixtures/modules/starts'
import { importers, spares } from '../fixtures/spares'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { failure, settled, until } from '../support/until'

useSoloPools()

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

forEachKind('`timeout`', (kind) => {
  const job = limits[kind]

  test('stops a body, even one that blocks its thread, and its place serves the next call', async () => {
    const log = scratchFile()
    const error = await failure<TimeoutError>(job.loop(log))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_PEBBLE_TIMEOUT', timeout: 100 })
    expect(error.message).toBe('`loop` of limits.ts was stopped after 100 ms (limit `timeout: 100`).')
    expect(await settled(job.quick())).toBe('quick')
    await until(async () => {
      const { size } = statSync(log)
      await pause(50)
      return statSync(log).size === size
    }, 'the loop to end')
  })

  test('stops a body that waits, and tells where the call was made', async () => {
    const error = await failure(job.waits())
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.stack).toMatch(/limits\.spec\.ts:\d+/)
  })

  test('counts from the start of the body, not from the call', async () => {
    const gate = new Gate()
    const blocker = job.pass(gate.path)
    const waiting = futureOf(job.quick())
    await gate.whenArrived()
    await pause(600) // longer than its limit
    expect(waiting.done()).toBe(false)
    gate.open()
    expect(await settled(waiting)).toBe('quick')
    await settled(blocker)
  })

  test('does not stop a quick call whose outcome arrived while the caller was busy', async () => {
    await settled(job.quick()) // now the worker has started
    const future = job.quick()
    const end = performance.now() + 700
    await pause(0)
    while (performance.now() < end);
    expect(await settled(future)).toBe('quick')
  })

  test('stops the call that runs too long and none of its neighbours', async () => {
    const outcomes = await settled(
      Promise.allSettled([job.quick(), job.loop(scratchFile()), job.quick(), job.loop(scratchFile()), job.quick()]),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })

  if (kind === 'process') {
    test('kills a process that ignores SIGTERM', async () => {
      const log = scratchFile()
      expect(await failure(job.stubborn(log))).toBeInstanceOf(TimeoutError)
      const pid = Number(lines(log)[0])
      await until(() => !isAlive(pid), 'the process to be gone')
      expect(await settled(job.quick())).toBe('quick')
    })
  }
})

forEachKind('`queueTimeout`', (kind) => {
  const job = limits[kind]

  test('fails a call that waits too long; its body never runs', async () => {
    const [gate, other] = [new Gate(), new Gate()]
    const blocker = job.pass(gate.path)
    await gate.whenArrived()
    const error = await failure<TimeoutError>(job.soon(other.path))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.timeout).toBe(50)
    expect(error.message).toBe('`soon` of limits.ts did not start within 50 ms (limit `queueTimeout: 50`).')
    gate.open()
    await settled(blocker)
    await settled(job.place())
    expect(other.arrived).toBe(0)
  })

  test('no longer applies once the body runs', async () => {
    await settled(job.place())
    const gate = new Gate()
    const future = futureOf(job.soon(gate.path))
    await gate.whenArrived()
    await pause(150)
    expect(future.running()).toBe(true)
    gate.open()
    expect(await settled(future)).toBe('ran')
  })
})

forEachKind('`grace`', (kind) => {
  const job = limits[kind]

  test('aborts the signal of a body that timed out; if the body ends in time, its worker lives on', async () => {
    const log = scratchFile()
    const before = await settled(job.place())
    const error = await failure(job.tidy(log))
    expect(error).toBeInstanceOf(TimeoutError)
    await until(() => lines(log).length === 2, 'the body to tidy up')
    expect(lines(log)[1]).toBe(
      'AbortError|ERR_PEBBLE_CANCELLED|`tidy` of limits.ts was stopped after 100 ms (limit `timeout: 100`).',
    )
    expect(await settled(job.place())).toEqual(before)
  })

  test('aborts the signal of a cancelled body in the same way', async () => {
    const log = scratchFile()
    const before = await settled(job.place())
    const future = futureOf(job.tidyOnCancel(log))
    await until(() => lines(log).length === 1, 'the body to start')
    expect(future.cancel()).toBe(true)
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    await until(() => lines(log).length === 2, 'the body to tidy up')
    expect(lines(log)[1]).toBe('AbortError|ERR_PEBBLE_CANCELLED|`tidyOnCancel` of limits.ts was cancelled.')
    expect(await settled(job.place())).toEqual(before)
  })

  test('ends the worker if the body ignores the signal', async () => {
    const log = scratchFile()
    expect(await failure(job.untidy(log))).toBeInstanceOf(TimeoutError)
    await until(() => lines(log).includes('told'), 'the body to be told')
    const before = JSON.parse(lines(log)[0] as string) as Place
    expect(await settled(job.place())).not.toEqual(before)
  })
})

describe('a process', () => {
  test('whose body ignores its signal gets SIGTERM after the grace, then SIGKILL', async () => {
    const log = scratchFile()
    expect(await failure(limits.process.deaf(log))).toBeInstanceOf(TimeoutError)
    await until(() => lines(log).includes('SIGTERM'), 'SIGTERM to come')
    expect(lines(log).slice(1)).toEqual(['told', 'SIGTERM'])
    await until(() => !isAlive(Number(lines(log)[0])), 'SIGKILL to end it')
  })
})

forEachKind('the place of a stopped body', (kind) => {
  afterEach(() => forgetStarts('spares'))

  test('is filled again within 100 ms if the spare is ready', async () => {
    const job = spares[kind]
    const used = new Set([await settled(job.place())])
    const gaps: number[] = []
    for (let attempt = 0; attempt < 5 || (attempt < 20 && Math.min(...gaps) >= 100); attempt++) {
      const stopped = failure(job.loop()).then(() => performance.now())
      const next = settled(job.place()).then((place) => [place, performance.now()] as const)
      const [[place, at], before] = [await next, await stopped]
      used.add(place)
      if (attempt > 0) gaps.push(at - before) // there is no spare at the first stop
      await until(() => importers().some((each) => !used.has(each)), 'the next spare to be ready')
    }
    expect(Math.min(...gaps)).toBeLessThan(100) // the best one: slower ones are due to the machine
  })
})
