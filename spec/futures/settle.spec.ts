import { Future, settledFromOutside } from '../../src/futures/future'
import { settled } from '../support/until'

afterEach(() => jest.restoreAllMocks())

test.each([
  ['finished', { status: 'fulfilled', value: 1 }],
  ['failed', { status: 'rejected', reason: 1 }],
] as const)('a future that has %s is settled even where its callbacks cannot be told of', async (state, outcome) => {
  const future = new Future<number>(settledFromOutside)
  future.addDoneCallback(() => {
    throw new Error('thrown by a callback')
  })
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {
    throw new Error('no warnings, please')
  })
  expect(() => Future.settle(future, state, 1)).toThrow('no warnings, please')
  expect(await settled(Promise.allSettled([future]))).toEqual([outcome])
})
