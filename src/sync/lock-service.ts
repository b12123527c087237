/**
 * The locks' desk in the program's own thread, for workers. A worker that is gone has left: what it held is free, and
 * it waits no more.
 */
import { isBelow, offerService, type OwnerId, type Service } from '../registry/services'
import { shared } from '../registry/shared'
import type { Waiter } from './fair-semaphore'
import { semaphoreOf, type LockRef } from './lock-table'

export const SERVICE = 'lock'

/** `number` names a visit among those of its worker; `now`: come in at once, or not at all. */
export type LockRequest =
  | { readonly op: 'enter'; readonly number: number; readonly lock: LockRef; readonly now: boolean }
  | { readonly op: 'leave'; readonly number: number }

interface RemoteWaiter {
  readonly visit: Waiter
  /** Answers the request, while it waits. */
  readonly answer: (entered: boolean) => void
}

/** Makes the desk known to workers; often is as good as once. */
export function offerLockService(): void {
  offerService(
    SERVICE,
    shared('locks.broker', (): Service => new LockService()),
  )
}

class LockService implements Service {
  readonly #owners = new Map<OwnerId, Map<number, RemoteWaiter>>()

  handle(owner: OwnerId, body: unknown): unknown {
    const request = body as LockRequest
    return request.op === 'enter' ? this.#enter(owner, request) : this.#leave(owner, request.number)
  }

  ownerExited(ended: OwnerId): void {
    for (const [owner, remotes] of this.#owners) {
      if (!isBelow(owner, ended)) continue
      this.#owners.delete(owner)
      const waiters = [...remotes.values()].map(({ visit: waiter }) => waiter)
      for (const visit of waiters) if (!visit.isInside) visit.leave() // before what it holds would be handed to itself
      for (const visit of waiters) visit.leave()
    }
  }

  #enter(owner: OwnerId, { number, lock, now }: LockRequest & { op: 'enter' }): boolean | Promise<boolean> {
    const semaphore = semaphoreOf(lock)
    if (now && semaphore.full) return false
    return new Promise((answer) => {
      const waiter = semaphore.enter(() => answer(true))
      this.#visitorsOf(owner).set(number, { visit: waiter, answer })
    })
  }

  /** Gives up, or goes out, whatever it has come to here meanwhile. */
  #leave(owner: OwnerId, number: number): void {
    const remotes = this.#owners.get(owner)
    const remote = remotes?.get(number)
    if (!remotes || !remote) return
    remotes.delete(number)
    if (remotes.size === 0) this.#owners.delete(owner)
    remote.answer(false)
    remote.visit.leave()
  }

  #visitorsOf(owner: OwnerId): Map<number, RemoteWaiter> {
    const remotes = this.#owners.get(owner) ?? new Map<number, RemoteWaiter>()
    this.#owners.set(owner, remotes)
    return remotes
  }
}
