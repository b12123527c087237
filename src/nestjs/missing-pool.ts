import { PoolError } from '../errors'

const METHODS = ['schedule', 'submit', 'map', 'close', 'stop', 'join', 'stats', 'active', 'kind', 'name']

/** Stands for a pool that `forRootAsync` was asked for and does not define. Its use throws an error that says so. */
export function missingPool(name: string, names: readonly string[]): object {
  const refuse = (): never => {
    const defined = names.length === 0 ? 'none' : names.map((each) => `'${each}'`).join(', ')
    throw new PoolError(
      `PebbleModule.forRootAsync() defines no pool '${name}' (it defines ${defined}). Add it to the \`pools\` that \`useFactory\` returns.`,
      { reason: 'unknown' },
    )
  }
  return Object.defineProperties({}, Object.fromEntries(METHODS.map((method) => [method, { get: refuse }])))
}
