import { resultOf } from '../support/program'

jest.setTimeout(180_000)

it('a queue that was sent is known as long as something refers to it, here or in a worker', async () => {
  const nothing = { known: 0, held: 0 }
  await expect(resultOf('dropped-queues.mts', { execArgv: ['--expose-gc'] })).resolves.toEqual({
    'thread held': true,
    'thread dropped': nothing,
    'thread ended': 0,
    'process held': true,
    'process dropped': nothing,
    'process ended': 0,
  })
})
