/** Requests while a connection is lost. */
import { whileConnecting } from '../../src/cluster/connection'

const failing = (errors: Error[]) => async () => {
  const error = errors.shift()
  if (error) throw error
  return 'done'
}

test('a request is repeated while there is no connection', async () => {
  expect(
    await whileConnecting(5000, failing([new Error('Connection terminated'), new Error('ECONNREFUSED connection')])),
  ).toBe('done')
})

test('other failures are passed on at once', async () => {
  const left = [new Error('no such table'), new Error('Connection terminated')]
  await expect(whileConnecting(5000, failing(left))).rejects.toThrow('no such table')
  expect(left).toHaveLength(1)
})

test('after the limit the failure of the connection is passed on', async () => {
  const errors = Array.from({ length: 50 }, () => new Error('Connection terminated'))
  await expect(whileConnecting(100, failing(errors))).rejects.toThrow('Connection terminated')
})
