import { headOf, type CallEnvelope } from '../../src/cluster/envelope'
import { newJob } from '../../src/cluster/new-job'
import { DispatchedMethod } from '../../src/dispatch/call'
import { setRoot } from '../../src/utils/portable-names'

beforeAll(() => setRoot('file:///srv/app/'))

const options = { caller: 'me', secrets: false, code: 'any', retries: 0, maxPayload: 999, maxAge: 60_000 } as const
function jobOf(limits: object, more: object = {}, id = 'a'): { data: CallEnvelope; far: object } {
  const key = { module: { url: 'file:///srv/app/x.js', format: 'esm' }, holder: 'function', member: 'f' } as never
  const method = new DispatchedMethod({ index: 0, key, cls: null, label: '`f` of x.js' })
  const payload = { method, flags: 0, self: undefined, args: [], extra: undefined, transfer: undefined }
  const job = newJob({ id, label: '`f` of x.js', payload, limits }, { ...options, ...more }, 1_000)
  const data = JSON.parse(JSON.stringify(job.data)) as CallEnvelope
  return { data, far: headOf(data).limits }
}

test('limits that are infinite are none on the worker machine', () => {
  const limits = { timeout: Infinity, queueTimeout: Infinity, grace: Infinity }
  expect(jobOf(limits).far).toEqual({ on: expect.anything(), attempts: 1 })
  expect(jobOf({ timeout: 5, queueTimeout: 6, grace: 7 }).far).toMatchObject({ timeout: 5, queueTimeout: 6, grace: 7 })
})

test('a call may start until its delay and `maxAge` have passed; a repetition at any time', () => {
  expect(jobOf({}).data.x).toBe(61_000)
  expect(jobOf({ delay: 500 }).data.x).toBe(61_500)
  expect(jobOf({}, { maxAge: Infinity }).data.x).toBe(null)
  expect(jobOf({}, {}, 'repeat:nightly').data.x).toBe(null)
})
