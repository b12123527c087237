import { connect } from '../../src/cluster/connect'

test.each<[string, string | object, 'redis' | 'postgres']>([
  ['redis://', 'redis://127.0.0.1:1', 'redis'],
  ['rediss://', 'rediss://127.0.0.1:1', 'redis'],
  ['postgres://', 'postgres://127.0.0.1:1/x', 'postgres'],
  ['postgresql://', 'postgresql://127.0.0.1:1/x', 'postgres'],
  ['options of ioredis', { host: '127.0.0.1', port: 1, lazyConnect: true }, 'redis'],
  ['options of pg', { connectionString: 'postgres://127.0.0.1:1/x' }, 'postgres'],
  ['options of pg by name', { host: '127.0.0.1', database: 'x' }, 'postgres'],
])('%s', (_what, option, kind) => {
  const connection = connect(option)
  expect(connection.kind).toBe(kind)
  if (kind === 'redis') (connection.client as { disconnect(): void }).disconnect()
})

test.each(['http://x', 'localhost:6379', 'mysql://user:password@x'])('%s is refused, and not shown in full', (url) => {
  expect(() => connect(url)).toThrow(
    /Expected `connection` to be a URL that begins with redis:\/\/, rediss:\/\/ or postgres:\/\//,
  )
  expect(() => connect(url)).not.toThrow(/password/)
})
