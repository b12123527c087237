import { secretRule, secretsOf } from '../../src/cluster/secrets'
import { isSigned, sign } from '../../src/cluster/signatures'
import { checkOptions } from '../../src/utils/options'

const check = (secret: unknown) => checkOptions('new QueuePool()', { secret }, { secret: secretRule })
const variable = process.env['PEBBLE_SECRET']
afterEach(() => {
  if (variable === undefined) delete process.env['PEBBLE_SECRET']
  else process.env['PEBBLE_SECRET'] = variable
})

test('keys are those of the option, else of the environment, else there is an error that says how to do without', () => {
  delete process.env['PEBBLE_SECRET']
  const bytes = new Uint8Array([1])
  const both = secretsOf('here', 'q', ['new', bytes])
  expect(both).toEqual([...(secretsOf('here', 'q', 'new') as []), ...(secretsOf('here', 'q', bytes) as [])])
  expect(both).toHaveLength(2)
  expect(secretsOf('here', 'q', false)).toBe(false)
  expect(() => secretsOf('new QueuePool()', 'q', undefined)).toThrow(TypeError)
  expect(() => secretsOf('new QueuePool()', 'q', undefined)).toThrow(
    /options of new QueuePool\(\).*`secret: false` does without/s,
  )
  process.env['PEBBLE_SECRET'] = ''
  expect(() => secretsOf('here', 'q', undefined)).toThrow(TypeError)
  process.env['PEBBLE_SECRET'] = 'of the environment'
  expect(secretsOf('here', 'q', undefined)).toEqual(secretsOf('here', 'q', 'of the environment'))
  expect(secretsOf('here', 'q', 'mine')).toEqual(secretsOf('here', 'q', ['mine']))
  expect(secretsOf('here', 'q', 'mine')).not.toEqual(secretsOf('here', 'q', 'of the environment'))
})

test('a call, an outcome and a message of one queue are not valid in another one with the same secret', () => {
  const [here, there] = [secretsOf('here', 'a', 'key'), secretsOf('here', 'b', 'key')] as [Uint8Array[], Uint8Array[]]
  const text = ['head', 'body'] as const
  expect(isSigned(here, text, sign(here, text))).toBe(true)
  expect(isSigned(there, text, sign(here, text))).toBe(false)
})

test.each([['key'], [false], [new Uint8Array(1)], [['a', Buffer.from('b')]]])('%p is a secret', (value) => {
  expect(() => check(value)).not.toThrow()
})
test.each([[''], [true], [[]], [['']], [new Uint8Array(0)], [7], [[false]]])('%p is none', (value) => {
  expect(() => check(value)).toThrow()
})
