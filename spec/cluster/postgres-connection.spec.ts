import { Client } from 'pg'
import { PostgresConnection } from '../../src/cluster/postgres-connection'
import { until } from '../support/until'
import { describeWithEngine } from './services'

const NAME = 'listens badly'

describeWithEngine('postgres', (engine) => {
  test('a `LISTEN` that fails closes its connection, and is tried again on another one', async () => {
    const watch = new Client(engine().url)
    await watch.connect()
    const opened = async (): Promise<number> => {
      const sql = 'SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = $1'
      return (await watch.query<{ count: number }>(sql, [NAME])).rows[0]?.count ?? 0
    }
    const { query } = Client.prototype
    let refused = 0
    const listen = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
      this: Client,
      ...args: unknown[]
    ) {
      if (!String(args[0]).startsWith('LISTEN') || refused === 3) return Reflect.apply(query, this, args) as never
      refused += 1
      return Promise.reject(new Error('no more shared memory')) as never
    })
    const connection = new PostgresConnection({ connectionString: engine().url, application_name: NAME })
    const heard: string[] = []
    const resumed = jest.fn()
    try {
      connection.subscribe('channel', (text) => heard.push(text), resumed)
      await until(() => resumed.mock.calls.length === 1, 'the channel to be listened to')
      expect(refused).toBe(3)
      await until(async () => (await opened()) === 1, 'the other connections to be closed')
      connection.publish('channel', 'hello')
      await until(() => heard.length === 1, 'the message')
    } finally {
      listen.mockRestore()
      await connection.close()
      await until(async () => (await opened()) === 0, 'all connections to be closed')
      await watch.end()
    }
  })
})
