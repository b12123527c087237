/**
 * What an asynchronous call chain holds. A scope (`runExclusive`, `@synchronized`) is exact: it begins and ends with its
 * function. What `acquire()` takes is held by the code after it and all that this starts; but the code that called the
 * function around it, without awaiting it, cannot be told apart from that.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { taskHere, type TaskContext } from '../registry/current-task'
import { shared } from '../registry/shared'
import type { LockGrant } from './lock-grant'

interface ChainLink {
  readonly hold: LockGrant
  readonly outer: ChainLink | undefined
  /** A worker's bodies share what its port remembers: each sees its own links only. */
  readonly task: TaskContext | undefined
  readonly isScope: boolean
}

/** A lock that the chain holds already. */
export interface HeldGrant {
  readonly hold: LockGrant
  /** It is so for sure. */
  readonly isScope: boolean
}

const links = shared('locks.chain', () => new AsyncLocalStorage<ChainLink>())

/** Runs `fn` as the holder. */
export function runHolding<R>(grant: LockGrant, fn: () => R): R {
  return links.run(linkTo(grant, true), fn)
}

/** The calling code is the holder from now on. */
export function holdFromNowOn(grant: LockGrant): void {
  links.enterWith(linkTo(grant, false))
}

/** What the chain holds of one lock, the latest first. */
export function heldInChain(key: string): HeldGrant[] {
  const found: HeldGrant[] = []
  for (let link = links.getStore(); link; link = link.outer) {
    const { hold: grant, isScope } = link
    if (grant.isHeld && grant.lock.key === key && isOurs(link) && !found.some((each) => each.hold === grant))
      found.push({ hold: grant, isScope })
  }
  return found
}

/** Links that say nothing any more are left out, or a loop would make the chain longer with every turn. */
function linkTo(grant: LockGrant, isScope: boolean): ChainLink {
  let outer = links.getStore()
  while (outer && (outer.hold.isOver || !isOurs(outer) || isSibling(outer.hold, grant))) outer = outer.outer
  return { hold: grant, outer, task: taskHere(), isScope }
}

/** Two that wait for one lock were called side by side. */
function isSibling(one: LockGrant, other: LockGrant): boolean {
  return one !== other && !one.isHeld && one.lock.key === other.lock.key
}

function isOurs({ task }: ChainLink): boolean {
  return task === undefined || task === taskHere()
}
