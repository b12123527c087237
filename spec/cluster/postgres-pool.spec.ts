import { Trouble } from '../../src/cluster/trouble'
import { openPool, poolConfig } from '../../src/cluster/postgres-pool'
import { describeWithEngine } from './services'

describeWithEngine('postgres', (engine) => {
  test('a client that loses its connection between two statements does not end the program', async () => {
    const pool = openPool(poolConfig(engine().url), new Trouble())
    const client = await pool.connect()
    const pids = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    await pool.query('SELECT pg_terminate_backend($1)', [pids.rows[0]?.pid])
    await ended
    client.release(true)
    expect((await pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})
