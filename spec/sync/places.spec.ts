import { resultOf } from '../support/program'

jest.setTimeout(180_000)

it('a lock is called by the place where it was written, here and in workers', async () => {
  const text = 'Cannot release the Lock of lock-places.mts:8'
  await expect(resultOf('lock-places.mts')).resolves.toEqual([text, text])
})
