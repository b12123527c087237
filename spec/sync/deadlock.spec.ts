import { Lock, RLock, Semaphore } from 'pebble-ts'
import '../support/setup'
import { failure, until } from '../support/until'
import { warnings } from '../support/warnings'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a lock that is taken twice in one chain', () => {
  it('causes a warning at once in a scope, with both locations', async () => {
    const heard = warnings()
    const lock = new Lock()
    async function inner(): Promise<void> {
      await lock.runExclusive(turn, { timeout: 30 })
    }
    async function outer(): Promise<void> {
      await lock.runExclusive(inner)
    }
    await failure(outer())
    expect(heard).toEqual([
      {
        message: expect.stringMatching(
          /^Deadlock: inner \(.*deadlock\.spec\.ts:\d+:\d+\) waits for the Lock of deadlock\.spec\.ts:\d+:\d+, which its own call chain holds since outer \(.*deadlock\.spec\.ts:\d+:\d+\)\. Release it first, or use an RLock, which its holder may take again\.$/,
        ),
        type: 'PebbleLockWarning',
        detail: undefined,
      },
    ])
  })

  it('causes a warning when acquire() has waited in vain', async () => {
    const heard = warnings()
    const lock = new Lock()
    const release = await lock.acquire()
    await failure(lock.acquire({ timeout: 20 }))
    expect(heard.map(({ message }) => message)).toEqual([expect.stringMatching(/^Possible deadlock: /)])
    release()
  })

  it('causes a warning when acquire() waits for long', async () => {
    const heard = warnings()
    const lock = new Lock()
    const release = await lock.acquire()
    const again = lock.acquire()
    await until(() => heard.length > 0, 'a warning')
    release()
    ;(await again)()
    expect(heard).toHaveLength(1)
  })

  it('causes a warning for a semaphore only when the chain holds all its permits', async () => {
    const heard = warnings()
    const pair = new Semaphore(2)
    await pair.runExclusive(() => pair.runExclusive(turn))
    expect(heard).toEqual([])
    await failure(pair.runExclusive(() => pair.runExclusive(() => pair.runExclusive(turn, { timeout: 20 }))))
    expect(heard).toHaveLength(1)
  })
})

describe('there is no warning', () => {
  it('if other chains hold the lock', async () => {
    const heard = warnings()
    const lock = new Lock()
    await Promise.all(Array.from({ length: 50 }, () => lock.runExclusive(turn)))
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        using _held = await lock.acquire()
        await turn()
      }),
    )
    expect(heard).toEqual([])
  })

  it('if calls that are not awaited take turns', async () => {
    const heard = warnings()
    const lock = new Lock()
    const all: Array<Promise<void>> = []
    const take = async (): Promise<void> => {
      const release = await lock.acquire()
      await turn()
      await turn()
      release()
    }
    for (let i = 0; i < 20; i++) {
      all.push(take())
      await turn()
    }
    await Promise.all(all)
    expect(heard).toEqual([])
  })

  it('of an RLock, or of another lock', async () => {
    const heard = warnings()
    const [rlock, lock] = [new RLock(), new Lock()]
    await rlock.runExclusive(() => rlock.runExclusive(() => lock.runExclusive(turn)))
    expect(heard).toEqual([])
  })

  it('of a lock that was released before', async () => {
    const heard = warnings()
    const lock = new Lock()
    for (let i = 0; i < 5; i++) (await lock.acquire())()
    await lock.runExclusive(() => {
      lock.release()
      return lock.runExclusive(turn)
    })
    expect(heard).toEqual([])
  })
})
