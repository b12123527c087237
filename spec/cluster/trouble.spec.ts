import { isRefusal, reasonOf, refusedError, Trouble } from '../../src/cluster/trouble'

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code })

test.each<[Error, boolean, RegExp]>([
  [new Error('WRONGPASS invalid username-password pair'), true, /Correct the user and the password in `connection`/],
  [new Error('NOAUTH Authentication required.'), true, /NOAUTH Authentication required\. Give the password/],
  [new Error("NOPERM this user has no permissions to run the 'info' command"), true, /rights that docs\/cluster\.md/],
  [
    coded('password authentication failed for user "bob"', '28P01'),
    true,
    /\(28P01\)\. Correct the user and the password/,
  ],
  [coded('database "x" does not exist', '3D000'), true, /Create the database/],
  [coded('no pg_hba.conf entry for host "h", user "u", database "d", no encryption', '28000'), true, /sslmode=require/],
  [coded('role "bob" does not exist', '28000'), true, /Correct the user of `connection`/],
  [coded('permission denied for schema bullmq', '42501'), true, /rights/],
  [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), true, /Give the password/],
  [new Error('The server does not support SSL connections'), true, /does not speak TLS there/],
  [coded('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), true, /certificate of its authority/],
  [
    coded('getaddrinfo ENOTFOUND db', 'ENOTFOUND'),
    false,
    /^getaddrinfo ENOTFOUND db\. Correct the host in `connection`\.$/,
  ],
  [coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), false, /Nothing listens there/],
  [new AggregateError([coded('connect ECONNREFUSED ::1:1', 'ECONNREFUSED')]), false, /^connect ECONNREFUSED ::1:1\. /],
  [coded('read ECONNRESET', 'ECONNRESET'), false, /asks for TLS there/],
  [new Error('something of 28000 bytes'), false, /^something of 28000 bytes$/],
])('%s', (error, isFinal, reason) => {
  expect(isRefusal(error)).toBe(isFinal)
  expect(reasonOf(error)).toMatch(reason)
})

test('nothing is known of no error', () => {
  expect([reasonOf(undefined), isRefusal(undefined)]).toEqual([undefined, false])
})

describe('a request that waits', () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  const wrong = new Error('WRONGPASS no')

  it('is told of a refusal at once, and goes on in an outage', async () => {
    const trouble = new Trouble()
    const [refused, fine] = [trouble.during(never), trouble.during(async () => 7)]
    trouble.happened(coded('x', 'ECONNREFUSED'))
    expect(await fine).toBe(7)
    trouble.happened(wrong)
    await expect(refused).rejects.toBe(wrong)
    expect(refusedError(wrong)).toMatchObject({
      message: 'The queue refuses this program: WRONGPASS no. Correct the user and the password in `connection`.',
      reason: 'unavailable',
      cause: wrong,
    })
  })

  it('is refused until the connection works again', async () => {
    const trouble = new Trouble()
    trouble.happened(wrong)
    await expect(trouble.during(never)).rejects.toBe(wrong)
    trouble.over()
    expect(await trouble.during(async () => 7)).toBe(7)
  })

  it('fails with other errors as they are', async () => {
    await expect(new Trouble().during(() => Promise.reject(new RangeError('x')))).rejects.toThrow(RangeError)
  })
})
