import { configure, pools, ProcessPool, ThreadPool, workerData } from 'pebble-ts'
import { connect, noData, query } from '../fixtures/propagation'

afterEach(() => configure({ eager: undefined }))
afterAll(() => pools.shutdown())

describe.each([
  ['threads', ThreadPool],
  ['processes', ProcessPool],
])('workerData(), in %s', (_name, Pool) => {
  it('returns what the initializer returned in this worker', async () => {
    await using pool = new Pool({ maxWorkers: 1, initializer: connect, initArgs: ['db:'] })
    expect([await pool.schedule(query), await pool.schedule(query)]).toEqual(['db: 1', 'db: 2'])
  })

  it('returns undefined without an initializer', async () => {
    await using pool = new Pool({ maxWorkers: 1 })
    expect(await pool.schedule(noData)).toBeUndefined()
  })

  it('works in eager mode', async () => {
    configure({ eager: true })
    await using pool = new Pool({ maxWorkers: 1, initializer: connect, initArgs: ['db:'] })
    expect([await pool.schedule(query), await pool.schedule(query)]).toEqual(['db: 1', 'db: 2'])
  })
})

test('workerData() outside a body says so', () => {
  expect(() => workerData()).toThrow(
    'workerData() is only available while the body of a decorated method or task runs.',
  )
})
