import { mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProcessExpired, ThreadExpired, type ProcessFuture } from 'pebble-ts'
import * as imported from '../fixtures/pools/imported'
import * as initializers from '../fixtures/pools/initializers'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import type { Kind } from '../support/setup'
import { stderr } from '../support/stderr'
import { failure, settled, until } from '../support/until'
import { endless, idOf, makePool, solo, type AnyPool } from './pool-kit'

/** Workers: how many there are, how long they live, and what happens to calls when they die. */
export function describeWorkers(kind: Kind): void {
  const Expired = kind === 'thread' ? ThreadExpired : ProcessExpired
  const here = async (pool: AnyPool): Promise<string> => idOf(await settled(pool.schedule(tasks.where)))

  describe('workers', () => {
    test('start with the first call, and one worker serves successive calls', async () => {
      const pool = makePool(kind, { maxWorkers: 3 })
      expect(pool.stats()).toMatchObject({ state: 'running', workers: 0, started: 0 })
      const ids = [await here(pool), await here(pool), await here(pool)]
      expect(new Set(ids).size).toBe(1)
      expect(pool.stats()).toMatchObject({ workers: 1, idle: 1, started: 1, settled: 3, pending: 0 })
    })

    test('are as many as there are calls, up to maxWorkers', async () => {
      const [pool, gate] = [makePool(kind, { maxWorkers: 3 }), new Gate()]
      const futures = Array.from({ length: 5 }, () => pool.schedule(tasks.block, { args: [gate.path] }))
      await gate.whenArrived(3)
      await until(() => pool.stats().running === 3, 'three calls to run')
      expect(pool.stats()).toMatchObject({ workers: 3, idle: 0, running: 3, queued: 2, pending: 5, started: 3 })
      if (kind === 'process') {
        expect(new Set(gate.pids).size).toBe(3)
        const pids = futures.map((future) => (future as unknown as ProcessFuture<string>).pid)
        expect(new Set(pids.slice(0, 3))).toEqual(new Set(gate.pids))
        expect(pids.slice(3)).toEqual([null, null])
      }
      gate.open()
      expect(await settled(Promise.all(futures))).toHaveLength(5)
    })

    test('are not shared by two pools', async () => {
      const ids = await Promise.all([here(makePool(kind)), here(makePool(kind))])
      expect(new Set(ids).size).toBe(2)
    })
  })

  describe('maxTasks', () => {
    test('of 1 gives every call its own worker', async () => {
      const pool = solo(kind, { maxTasks: 1 })
      const futures = Array.from({ length: 4 }, () => pool.schedule(tasks.where))
      const ids = (await settled(Promise.all(futures))).map(idOf)
      expect(new Set(ids).size).toBe(4)
    })

    test('limits the calls that a worker runs', async () => {
      const pool = makePool(kind, { maxWorkers: 2, maxTasks: 5 })
      const counts = await settled(Promise.all(Array.from({ length: 40 }, () => pool.schedule(tasks.count))))
      expect(Math.max(...counts)).toBeLessThanOrEqual(5)
      expect(counts.filter((count) => count === 1).length).toBeGreaterThanOrEqual(8)
    })

    test('counts failed calls', async () => {
      const pool = solo(kind, { maxTasks: 2 })
      const first = await here(pool)
      await failure(pool.schedule(tasks.fail, { args: ['no'] }))
      expect(await here(pool)).not.toBe(first)
    })

    test('of 0 recycles no worker', async () => {
      const pool = solo(kind, { maxTasks: 0 })
      expect(await settled(Promise.all(Array.from({ length: 300 }, () => pool.schedule(tasks.count))))).toHaveLength(
        300,
      )
      expect(pool.stats().started).toBe(1)
    })

    test('starts the next worker before it is needed', async () => {
      const pool = solo(kind, { maxTasks: 1 })
      const first = await here(pool)
      await until(() => pool.stats().started === 2 && pool.stats().workers === 1, 'the spare to be all there is')
      const next = pool.schedule(tasks.where)
      expect(pool.stats().started).toBe(2)
      expect(idOf(await settled(next))).not.toBe(first)
    })

    test('leaves no call waiting behind a long one in a worker that takes no more calls', async () => {
      const [other, pool, gate] = [solo(kind), makePool(kind, { maxWorkers: 2, maxTasks: 2 }), new Gate()]
      for (let n = 0; n < 5; n++) await settled(other.schedule(tasks.echo, { args: [n] })) // its bodies are now known to be quick, so it is sent ahead
      const long = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      expect(await settled(pool.schedule(tasks.echo, { args: ['quick'] }))).toBe('quick')
      expect(long.done()).toBe(false)
      gate.open()
      expect(await settled(long)).toBe('passed')
    })
  })

  describe('a worker that was stopped by a limit', () => {
    const hang = (pool: AnyPool): Promise<unknown> =>
      failure(pool.schedule(tasks.spin, { args: [new Gate().path], timeout: 50 }))

    test('is replaced by a spare each time', async () => {
      const pool = solo(kind)
      await here(pool)
      for (let time = 1; time <= 3; time++) {
        await hang(pool)
        await here(pool)
        await until(() => pool.stats().workers === 2, `the worker and a spare, the ${time}. time`)
      }
    })

    test('is replaced by a spare that has imported the same modules', async () => {
      const log = scratchFile()
      const pool = solo(kind, { initializer: initializers.logImports, initArgs: [log] })
      expect(await settled(pool.schedule(imported.answer))).toBe(42)
      expect(readFileSync(log, 'utf8')).toBe('i')
      await hang(pool)
      await until(() => readFileSync(log, 'utf8') === 'ii', 'the spare to import the module, without a call')
      expect(await settled(pool.schedule(imported.answer))).toBe(42)
      expect(readFileSync(log, 'utf8')).toBe('ii')
    })
  })

  describe('idleTimeout', () => {
    test('ends idle workers, and the next call starts one', async () => {
      const pool = makePool(kind, { maxWorkers: 2, idleTimeout: 50 })
      const first = await here(pool)
      await until(() => pool.stats().workers === 0, 'the idle worker to end')
      expect(pool.active).toBe(true)
      expect(await here(pool)).not.toBe(first)
    })

    test('ends a spare that was started after a stopped worker and never got a call', async () => {
      const pool = solo(kind, { idleTimeout: 300 })
      await failure(pool.schedule(tasks.spin, { args: [new Gate().path], timeout: 50 }))
      await here(pool)
      await until(() => pool.stats().started === 3, 'the spare to start')
      await until(() => pool.stats().workers === 0, 'the worker and the spare to end')
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('does not end a busy worker', async () => {
      const [pool, gate] = [solo(kind, { idleTimeout: 30 }), new Gate()]
      const first = await here(pool)
      const future = pool.schedule(tasks.where)
      await settled(future)
      const long = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      await failure(long.result(150))
      gate.open()
      expect(await settled(long)).toBe('passed')
      expect(pool.stats().started).toBeLessThanOrEqual(2)
      expect(first).toBeDefined()
    })
  })

  describe('a worker that dies', () => {
    test('fails the call that it was running, with how it ended', async () => {
      const pool = solo(kind)
      const error = await failure<ProcessExpired>(pool.schedule(tasks.exit, { args: [7] }))
      expect(error).toBeInstanceOf(Expired)
      expect(error.exitCode).toBe(7)
      expect(error.message).toContain('exited with code 7 while it ran')
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('fails no other call, and waiting calls run once in other workers', async () => {
      const [pool, log, gate] = [solo(kind), scratchFile(), new Gate()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const doomed = pool.schedule(tasks.exit, { args: [1] })
      const waiting = Array.from({ length: 20 }, (_, n) => pool.schedule(tasks.note, { args: [log, n] }))
      gate.open()
      await settled(first)
      expect(await failure(doomed)).toBeInstanceOf(Expired)
      await settled(Promise.all(waiting))
      expect(lines(log)).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
    })

    test('costs one call each time, and does not break the pool', async () => {
      const pool = solo(kind)
      for (let round = 0; round < 5; round++) {
        expect(await failure(pool.schedule(tasks.exit, { args: [round] }))).toMatchObject({ exitCode: round })
      }
      expect(pool.active).toBe(true)
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('because its heap is exhausted is reported so', async () => {
      stderr() // else Jest would take the text for its own
      const pool = solo(kind, { resourceLimits: { maxOldGenerationSizeMb: 64 } })
      const error = await failure(endless(pool.schedule(tasks.exhaust)), 'the heap to be exhausted')
      expect(error).toBeInstanceOf(Expired)
      expect(error.message).toContain('ran out of memory')
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    if (kind === 'process') {
      test('by a signal is reported with that signal', async () => {
        const pool = solo(kind)
        const error = await failure<ProcessExpired>(pool.schedule(tasks.kill, { args: ['SIGKILL'] }))
        expect(error).toMatchObject({ signal: 'SIGKILL', exitCode: null, pid: expect.any(Number) })
        expect(error.message).toContain('was ended by SIGKILL')
      })

      test('while it is idle is replaced for the next call', async () => {
        const pool = solo(kind)
        const { pid } = await settled(pool.schedule(tasks.where))
        process.kill(pid, 'SIGKILL')
        await until(() => pool.stats().workers === 0, 'the pool to notice it')
        expect((await settled(pool.schedule(tasks.where))).pid).not.toBe(pid)
      })
    }
  })

  describe('maxMemory', () => {
    const MB = 1024 * 1024

    test('replaces a worker that is above it between calls', async () => {
      const pool = solo(kind, { maxMemory: 350 * MB })
      const first = await here(pool)
      let ids = new Set([first])
      for (let n = 0; n < 20 && ids.size < 3; n++) {
        await settled(pool.schedule(tasks.grow, { args: [80, kind === 'thread' ? 'heap' : 'buffer'] }))
        ids = ids.add(await here(pool))
      }
      expect(ids.size).toBe(3)
      expect(pool.stats().pending).toBe(0)
    })

    test('keeps a worker that is below it', async () => {
      const pool = solo(kind, { maxMemory: 2_000 * MB })
      const first = await here(pool)
      await settled(pool.schedule(tasks.grow, { args: [50, 'heap'] }))
      expect(await here(pool)).toBe(first)
    })

    test('loses no call of a long queue', async () => {
      const pool = solo(kind, { maxMemory: 1 }) // exceeded from the start: each call gets a new worker
      const futures = Array.from({ length: 6 }, (_, n) => pool.schedule(tasks.echo, { args: [n] }))
      expect(await settled(Promise.all(futures))).toEqual([0, 1, 2, 3, 4, 5])
    })
  })

  if (kind === 'process') {
    describe('context', () => {
      test('sets the environment, the folder and the options of Node.js', async () => {
        const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-cwd-')))
        const context = { env: { PEBBLE_SPEC: 'here' }, cwd, execArgv: ['--no-deprecation'] }
        const seen = await settled(solo(kind, { context }).schedule(tasks.environment, { args: ['PEBBLE_SPEC'] }))
        expect(seen).toEqual({ value: 'here', cwd, execArgv: ['--no-deprecation'] })
      })

      test('adds variables to the environment and removes undefined ones', async () => {
        process.env['PEBBLE_TAKEN'] = 'ours'
        try {
          const pool = solo(kind, { context: { env: { PEBBLE_TAKEN: undefined } } })
          expect((await settled(pool.schedule(tasks.environment, { args: ['PEBBLE_TAKEN'] }))).value).toBeUndefined()
          expect((await settled(pool.schedule(tasks.environment, { args: ['PATH'] }))).value).toBe(process.env['PATH'])
          const other = await settled(solo(kind).schedule(tasks.environment, { args: ['PEBBLE_TAKEN'] }))
          expect(other.value).toBe('ours')
        } finally {
          delete process.env['PEBBLE_TAKEN']
        }
      })

      test('limits the heap', async () => {
        stderr()
        const pool = solo(kind, { context: { resourceLimits: { maxOldGenerationSizeMb: 64 } } })
        expect((await failure(endless(pool.schedule(tasks.exhaust)))).message).toContain('ran out of memory')
      })
    })

    test('the processes have ended once the pool is joined', async () => {
      const [pool, gate] = [makePool(kind, { maxWorkers: 2 }), new Gate()]
      const futures = [1, 2].map(() => pool.schedule(tasks.pass, { args: [gate.path] }))
      await gate.whenArrived(2)
      gate.open()
      await settled(Promise.all(futures))
      pool.close()
      await settled(pool.join())
      expect(gate.pids.filter(isAlive)).toEqual([])
    })
  }
}
