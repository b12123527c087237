/**
 * What an asynchronous call chain holds. A scope (`runExclusive`, `@synchronized`) is exact: it begins and ends with its
 * function. What `acquire()` takes is held by the code after it and all that this starts; but the code that called the
 * function around it, without awaiting it, cannot be told apart from that.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { taskHere, type TaskContext } from '../registry/current-task'
import { shared } from '../registry/shared'
import type { Hold } from './hold'

interface Link {
  readonly hold: Hold
  readonly outer: Link | undefined
  /** A worker's bodies share what its port remembers: each sees its own links only. */
  readonly task: TaskContext | undefined
  readonly isScope: boolean
}

/** A lock that the chain holds already. */
export interface HeldAlready {
  readonly hold: Hold
  /** It is so for sure. */
  readonly isScope: boolean
}

const links = shared('locks.chain', () => new AsyncLocalStorage<Link>())

/** Runs `fn` as the holder. */
export function runHolding<R>(hold: Hold, fn: () => R): R {
  return links.run(linkTo(hold, true), fn)
}

/** The calling code is the holder from now on. */
export function goOnHolding(hold: Hold): void {
  links.enterWith(linkTo(hold, false))
}

/** What the chain holds of one lock, the latest first. */
export function heldInChain(key: string): HeldAlready[] {
  const found: HeldAlready[] = []
  for (let link = links.getStore(); link; link = link.outer) {
    const { hold, isScope } = link
    if (hold.isHeld && hold.lock.key === key && isOurs(link) && !found.some((each) => each.hold === hold))
      found.push({ hold, isScope })
  }
  return found
}

/** Links that say nothing any more are left out, or a loop would make the chain longer with every turn. */
function linkTo(hold: Hold, isScope: boolean): Link {
  let outer = links.getStore()
  while (outer && (outer.hold.isOver || !isOurs(outer) || isSibling(outer.hold, hold))) outer = outer.outer
  return { hold, outer, task: taskHere(), isScope }
}

/** Two that wait for one lock were called side by side. */
function isSibling(one: Hold, other: Hold): boolean {
  return one !== other && !one.isHeld && one.lock.key === other.lock.key
}

function isOurs({ task }: Link): boolean {
  return task === undefined || task === taskHere()
}
