import { retriesOf, retriesRule } from '../../src/dispatch/retries'
import { checkOptions } from '../../src/utils/options'

test.each([
  [undefined, { attempts: 1, on: [], backoff: 0 }],
  [0, { attempts: 1, on: [], backoff: 0 }],
  [2, { attempts: 3, on: ['lost', 'expired'], backoff: 0 }],
  [{ attempts: 4 }, { attempts: 4, on: ['lost', 'expired'], backoff: 0 }],
  [
    { attempts: 2, on: ['error' as const], backoff: 50 },
    { attempts: 2, on: ['error'], backoff: 50 },
  ],
])('%j is %j', (given, expected) => {
  expect(retriesOf(given)).toEqual(expected)
})

test.each([-1, 1.5, { attempts: 0 }, { attempts: 2, on: ['always'] }, { attempts: 1, extra: 1 }])(
  '%j is refused',
  (retries) => {
    expect(() => checkOptions('schedule()', { retries }, { retries: retriesRule })).toThrow()
  },
)
