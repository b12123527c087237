import { resultOf } from '../support/program'

jest.setTimeout(180_000)

it('the label of a lock is its position in the source, here and in workers', async () => {
  const text = 'Cannot release the Lock of lock-positions.mts:8'
  await expect(resultOf('lock-positions.mts')).resolves.toEqual([text, text])
})
