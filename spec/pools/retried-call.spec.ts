import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelledError, pools, ProcessExpired, ThreadExpired, TimeoutError, type Retries } from 'pebble-ts'
import { exits, Flaky, spins, throws, throwsWithSignal, waitsAndThrows } from '../fixtures/retries'
import { solo } from '../suites/pool-kit'
import { forEachKind } from '../support/setup'
import { failure, settled, until } from '../support/until'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retries-'))
  file = join(folder, 'starts')
})
afterEach(() => rmSync(folder, { recursive: true }))
afterAll(() => pools.shutdown())

const starts = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
const twice = (...on: NonNullable<Retries['on']>): Retries => ({ attempts: 2, on })

forEachKind('a call with retries', (kind) => {
  test('starts again after its worker has died, with the id of its future, and reports progress of each attempt', async () => {
    const future = solo(kind).schedule(exits, { args: [file, 3], retries: 2 })
    const progress: unknown[] = []
    future.onProgress((value) => progress.push(value))
    expect(await settled(future)).toBe(3)
    expect(starts()).toEqual([future.id, future.id, future.id])
    expect(progress.at(-1)).toBe(3)
  })

  test('fails with the last error when its attempts are used up', async () => {
    const error = await failure(solo(kind).schedule(exits, { args: [file, 9], retries: 1 }))
    expect(error).toBeInstanceOf(kind === 'thread' ? ThreadExpired : ProcessExpired)
    expect(error.stack).toContain('retried-call.spec')
    expect(starts()).toHaveLength(2)
  })

  test('starts again after an error of its body only if that is asked for', async () => {
    const pool = solo(kind)
    expect(await failure(pool.schedule(throws, { args: [file, 2], retries: 3 }))).toBeInstanceOf(RangeError)
    expect(starts()).toHaveLength(1)
    expect(await settled(pool.schedule(throws, { args: [file, 3], retries: twice('error') }))).toBe(3)
  })

  test('starts again after its limit only if that is asked for', async () => {
    const pool = solo(kind)
    const options = { args: [file, 2], timeout: 100 } as const
    expect(await failure(pool.schedule(spins, { ...options, retries: twice('expired') }))).toBeInstanceOf(TimeoutError)
    rmSync(file)
    expect(await settled(pool.schedule(spins, { ...options, retries: twice('timeout') }))).toBe(2)
  })

  test('can be cancelled during the pause before it starts again', async () => {
    const pool = solo(kind)
    const retries: Retries = { attempts: 2, on: ['error'], backoff: 60_000 }
    const future = pool.schedule(throws, { args: [file, 2], retries })
    await until(() => starts().length === 1 && pool.stats().pending === 0, 'the pause')
    expect([future.done(), future.running()]).toEqual([false, false])
    expect(future.cancel()).toBe(true)
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    expect(starts()).toHaveLength(1)
  })

  test('is waited for by join(), pauses included', async () => {
    const pool = solo(kind)
    const future = pool.schedule(throws, { args: [file, 2], retries: { attempts: 2, on: ['error'], backoff: 200 } })
    await until(() => starts().length === 1, 'the first attempt')
    pool.close()
    await settled(pool.join())
    expect(await settled(future)).toBe(2)
  })

  test('is cancelled by stop(), also in a pause', async () => {
    const pool = solo(kind)
    const future = pool.schedule(throws, { args: [file, 2], retries: { attempts: 2, on: ['error'], backoff: 60_000 } })
    await until(() => starts().length === 1 && pool.stats().pending === 0, 'the pause')
    pool.stop()
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    await settled(pool.join())
  })

  test('is not tried again after stop(): it fails with the error of the attempt that ran', async () => {
    const pool = solo(kind)
    const gate = join(folder, 'gate')
    const future = pool.schedule(waitsAndThrows, { args: [file, gate], retries: { attempts: 5, on: ['error'] } })
    await until(() => starts().length === 1, 'the first attempt')
    pool.stop({ force: false })
    writeFileSync(gate, '')
    expect(await failure(future)).toMatchObject({ name: 'RangeError', message: 'start 1' })
    await settled(pool.join())
    expect(starts()).toHaveLength(1)
  })

  test('is cancelled in a pause by a signal among its arguments', async () => {
    const pool = solo(kind)
    const controller = new AbortController()
    const retries: Retries = { attempts: 2, on: ['error'], backoff: 60_000 }
    const future = pool.schedule(throwsWithSignal, { args: [file, 2, controller.signal], retries })
    await until(() => starts().length === 1 && pool.stats().pending === 0, 'the pause')
    controller.abort('enough')
    expect(await failure(future)).toMatchObject({ name: 'AbortError', cause: 'enough' })
    expect(starts()).toHaveLength(1)
  })

  test('is cancelled by its signal, with the reason as the cause', async () => {
    const controller = new AbortController()
    const retries: Retries = { attempts: 2, on: ['error'], backoff: 60_000 }
    const future = solo(kind).schedule(throws, { args: [file, 2], retries, signal: controller.signal })
    await until(() => starts().length === 1, 'the first attempt')
    controller.abort('enough')
    expect(await failure(future)).toMatchObject({ name: 'AbortError', cause: 'enough' })
  })

  test('refuses other values', () => {
    const pool = solo(kind)
    expect(() => pool.schedule(exits, { args: [file, 1], retries: -1 })).toThrow(RangeError)
    expect(() => pool.schedule(exits, { args: [file, 1], retries: { attempts: 2, on: ['crash' as never] } })).toThrow(
      "Expected `retries.on` to be an array of 'lost', 'expired', 'timeout', 'error'",
    )
  })
})

test('decorated methods take the option', async () => {
  expect(await settled(new Flaky().inThread(file))).toBe(3)
  rmSync(file)
  expect(await settled(new Flaky().inProcess(file))).toBe(2)
})
