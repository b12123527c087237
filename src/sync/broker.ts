/**
 * The locks' desk in the program's own thread, for workers. A worker that is gone has left: what it held is free, and
 * it waits no more.
 */
import { isBelow, offer, type OwnerId, type Service } from '../registry/services'
import { shared } from '../registry/shared'
import type { Visit } from './door'
import { doorOf, type LockRef } from './doors'

export const SERVICE = 'lock'

/** `number` names a visit among those of its worker; `now`: come in at once, or not at all. */
export type LockRequest =
  | { readonly op: 'enter'; readonly number: number; readonly lock: LockRef; readonly now: boolean }
  | { readonly op: 'leave'; readonly number: number }

interface Visitor {
  readonly visit: Visit
  /** Answers the request, while it waits. */
  readonly answer: (entered: boolean) => void
}

/** Makes the desk known to workers; often is as good as once. */
export function offerLocks(): void {
  offer(
    SERVICE,
    shared('locks.broker', (): Service => new Broker()),
  )
}

class Broker implements Service {
  readonly #owners = new Map<OwnerId, Map<number, Visitor>>()

  handle(owner: OwnerId, body: unknown): unknown {
    const request = body as LockRequest
    return request.op === 'enter' ? this.#enter(owner, request) : this.#leave(owner, request.number)
  }

  gone(ended: OwnerId): void {
    for (const [owner, visitors] of this.#owners) {
      if (!isBelow(owner, ended)) continue
      this.#owners.delete(owner)
      const visits = [...visitors.values()].map(({ visit }) => visit)
      for (const visit of visits) if (!visit.isInside) visit.leave() // before what it holds would be handed to itself
      for (const visit of visits) visit.leave()
    }
  }

  #enter(owner: OwnerId, { number, lock, now }: LockRequest & { op: 'enter' }): boolean | Promise<boolean> {
    const door = doorOf(lock)
    if (now && door.full) return false
    return new Promise((answer) => {
      const visit = door.enter(() => answer(true))
      this.#visitorsOf(owner).set(number, { visit, answer })
    })
  }

  /** Gives up, or goes out, whatever it has come to here meanwhile. */
  #leave(owner: OwnerId, number: number): void {
    const visitors = this.#owners.get(owner)
    const visitor = visitors?.get(number)
    if (!visitors || !visitor) return
    visitors.delete(number)
    if (visitors.size === 0) this.#owners.delete(owner)
    visitor.answer(false)
    visitor.visit.leave()
  }

  #visitorsOf(owner: OwnerId): Map<number, Visitor> {
    const visitors = this.#owners.get(owner) ?? new Map<number, Visitor>()
    this.#owners.set(owner, visitors)
    return visitors
  }
}
