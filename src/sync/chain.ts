/**
 * The locks that a chain of asynchronous calls holds. A scope (`runExclusive`, `@synchronized`) is exact: it begins and
 * ends with its function. A lock from `acquire()` is held by the code after it and by all that this code starts. If a
 * function calls `acquire()` and its caller does not await the function, the caller counts as a holder, too.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { taskHere, type TaskContext } from '../registry/current-task'
import { shared } from '../registry/shared'
import type { LockGrant } from './lock-grant'

interface ChainLink {
  readonly grant: LockGrant
  readonly outer: ChainLink | undefined
  /** The task whose body made the link. The bodies of a worker share one context, so each ignores the links of others. */
  readonly task: TaskContext | undefined
  readonly isScope: boolean
}

/** A grant that the chain holds. */
export interface HeldGrant {
  readonly grant: LockGrant
  /** The holder is a scope, so it is certain that the chain holds the grant. */
  readonly isScope: boolean
}

const links = shared('locks.chain', () => new AsyncLocalStorage<ChainLink>())

/** Runs `fn` as the holder. */
export function runHolding<R>(grant: LockGrant, fn: () => R): R {
  return links.run(linkTo(grant, true), fn)
}

/** Makes the calling code the holder. */
export function holdFromNowOn(grant: LockGrant): void {
  links.enterWith(linkTo(grant, false))
}

/** The grants of one lock that the chain holds, the latest first. */
export function heldInChain(key: string): HeldGrant[] {
  const found: HeldGrant[] = []
  for (let link = links.getStore(); link; link = link.outer) {
    const { grant, isScope } = link
    if (grant.isHeld && grant.lock.key === key && isOurs(link) && !found.some((each) => each.grant === grant))
      found.push({ grant, isScope })
  }
  return found
}

/** Leaves out links that no longer mean anything. Otherwise each iteration of a loop would make the chain longer. */
function linkTo(grant: LockGrant, isScope: boolean): ChainLink {
  let outer = links.getStore()
  while (outer && (outer.grant.isOver || !isOurs(outer) || isSibling(outer.grant, grant))) outer = outer.outer
  return { grant, outer, task: taskHere(), isScope }
}

/** Two grants that wait for the same lock belong to calls that were made side by side. */
function isSibling(one: LockGrant, other: LockGrant): boolean {
  return one !== other && !one.isHeld && one.lock.key === other.lock.key
}

function isOurs({ task }: ChainLink): boolean {
  return task === undefined || task === taskHere()
}
