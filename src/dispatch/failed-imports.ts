import type { Channel, WorkerExit } from '../channel/channel'
import type { ClassRef, MethodKey } from '../registry/keys'
import { monotonic } from '../wire/slots'
import type { Call } from './call'
import { FAILED_LOADS, failedImport } from './endings'
import type { Member } from './member'

/** How long no worker is started for the module after it has ended the last of {@link FAILED_LOADS}, in ms; then twice as long. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 30_000

interface Failure {
  /** Workers that ended in a row. */
  ends: number
  /** The last one. */
  last: { readonly serial: number; readonly channel: Pick<Channel, 'kind' | 'id'>; readonly exit: WorkerExit }
  pause: number
  pausedUntil: number
  /** Workers that had imported it nevertheless: the file has changed since, or it exits now and then. */
  readonly healthy: Set<Member>
}

/**
 * Modules that end the worker that imports them. Each of their calls would cost worker after worker: after some, all of
 * them fail at once, and no worker is started for them for a while. The one that is started then may find the module
 * mended; else the pause is twice as long the next time. Workers that have the module go on serving it.
 */
export class FailedImports {
  readonly #failures = new Map<string, Failure>()

  /** Whether there are any: most pools never ask anything else. */
  get any(): boolean {
    return this.#failures.size > 0
  }

  /** A worker ended by itself; `loading` are the calls for which it imported modules. */
  ended(member: Member, exit: WorkerExit, loading: readonly Call[]): void {
    for (const failure of this.#failures.values()) failure.healthy.delete(member)
    for (const key of new Set(loading.map(modulesOf))) this.#note(key, member, exit)
  }

  /** A call has come to its end in a worker: it has the module. */
  imported(call: Call, member: Member): void {
    const key = modulesOf(call)
    const failure = this.#failures.get(key)
    if (!failure) return
    if (Number(member.name) > failure.last.serial) this.#failures.delete(key)
    else failure.healthy.add(member)
  }

  /** For a call that is to wait for a worker that has its module: which these are; `undefined` where any will do. */
  only(call: Call): ReadonlySet<Member> | undefined {
    const failure = this.#paused(call)
    if (!failure) return undefined
    for (const member of failure.healthy) if (member.leaving) failure.healthy.delete(member)
    return failure.healthy
  }

  /** Why the call cannot run; `undefined` where it may. */
  refusal(call: Call): Error | undefined {
    const failure = this.#paused(call)
    if (!failure || this.only(call)?.size) return undefined
    return failedImport(call, failure.last, failure.ends)
  }

  #note(key: string, member: Member, exit: WorkerExit): void {
    const last = { serial: Number(member.name), channel: { kind: member.channel.kind, id: member.channel.id }, exit }
    let failure = this.#failures.get(key)
    if (!failure) this.#failures.set(key, (failure = { ...NONE, last, healthy: new Set() }))
    failure.ends += 1
    failure.last = last
    const now = monotonic()
    if (failure.ends < FAILED_LOADS || now < failure.pausedUntil) return // those that were on their way already
    failure.pausedUntil = now + failure.pause
    failure.pause = Math.min(2 * failure.pause, LONGEST_PAUSE)
  }

  #paused(call: Call): Failure | undefined {
    const failure = this.#failures.get(modulesOf(call))
    return failure && monotonic() < failure.pausedUntil ? failure : undefined
  }
}

const NONE = { ends: 0, pause: FIRST_PAUSE, pausedUntil: 0 }

/** All that a worker imports for the call: which of them ended it cannot be told. */
function modulesOf({ payload: { method, extra } }: Call): string {
  const { module } = method.definition.key as Partial<MethodKey>
  const cls = method.definition.cls as ClassRef | null
  return [module?.url, cls?.module.url, ...(extra?.classes ?? [])].join('\n')
}
