/** The clients of Redis that this package opens itself. */
import type { Writable } from 'node:stream'
import type { Redis } from 'ioredis'
import { ioredis } from './peers'
import { warnOnce } from '../registry/warn-once'
import { CLUSTER_WARNING } from './sentences'
import { writeTogether } from './write-together'

/** The pause before another attempt to connect: short at first, then a second. */
const retryStrategy = (times: number): number => Math.min(50 * times, 1000)
const FOR_EVER = { maxRetriesPerRequest: null, retryStrategy }

/** A client that connects again for as long as it takes. */
export function openRedis(option: string | object): Redis {
  const { Redis } = ioredis()
  return checked(typeof option === 'string' ? new Redis(option, FOR_EVER) : new Redis({ ...option, ...FOR_EVER }))
}

export const duplicateOf = (client: Redis): Redis => client.duplicate(FOR_EVER)

/**
 * BullMQ asks each connection for its `maxmemory-policy`, and prints a line for each. These clients warn once, and hide
 * the policy from BullMQ. They send the commands of one turn together.
 */
function checked(client: Redis): Redis {
  client.on('connect', () => writeTogether((client as unknown as { readonly stream: Writable }).stream))
  const info = client.info.bind(client) as (...args: unknown[]) => Promise<string>
  const duplicate = client.duplicate.bind(client)
  return Object.assign(client, {
    info: (...args: unknown[]) => (args.length > 0 ? info(...args) : info().then(withoutPolicy)),
    duplicate: (override?: Parameters<typeof duplicate>[0]) => checked(duplicate(override)),
  })
}

const POLICY = /^maxmemory_policy:(\S+)/m

function withoutPolicy(text: string): string {
  const policy = POLICY.exec(text)?.[1] ?? 'noeviction'
  if (policy !== 'noeviction') {
    warnOnce(
      'eviction',
      `Redis has \`maxmemory-policy ${policy}\`: when it is full, it removes records of calls, and their callers get a PoolError. Set \`maxmemory-policy noeviction\`.`,
      CLUSTER_WARNING,
    )
  }
  return text.replace(POLICY, 'maxmemory_policy:noeviction')
}
