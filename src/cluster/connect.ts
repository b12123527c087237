/** Opens the connection that the option `connection` names. */
import type { Connection } from './connection'
import { PostgresConnection } from './postgres-connection'
import type { ConnectionOption } from './queue-options'
import { RedisConnection } from './redis-connection'

/** @throws {PoolError} the package that the connection needs is not installed; {@link TypeError} the URL is of neither kind */
export function connect(option: ConnectionOption): Connection {
  if (typeof option === 'string') {
    if (/^rediss?:/.test(option)) return new RedisConnection(option)
    if (/^postgres(?:ql)?:/.test(option)) return new PostgresConnection(option)
    throw new TypeError(
      `Expected \`connection\` to be a URL that begins with redis://, rediss:// or postgres://, got \`${option.slice(0, 12)}…\``,
    )
  }
  return isPostgres(option) ? new PostgresConnection(option) : new RedisConnection(option)
}

/** A pool of `pg`, or its options. */
function isPostgres(option: object): boolean {
  if ('totalCount' in option && 'query' in option) return true
  return 'connectionString' in option || 'database' in option || 'user' in option
}
