import { secretRule, secretsOf } from '../../src/cluster/secrets'
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
  expect(secretsOf('here', 'key')).toEqual(['key'])
  expect(secretsOf('here', ['new', bytes])).toEqual(['new', bytes])
  expect(secretsOf('here', false)).toBe(false)
  expect(() => secretsOf('new QueuePool()', undefined)).toThrow(TypeError)
  expect(() => secretsOf('new QueuePool()', undefined)).toThrow(
    /options of new QueuePool\(\).*`secret: false` does without/s,
  )
  process.env['PEBBLE_SECRET'] = ''
  expect(() => secretsOf('here', undefined)).toThrow(TypeError)
  process.env['PEBBLE_SECRET'] = 'of the environment'
  expect(secretsOf('here', undefined)).toEqual(['of the environment'])
  expect(secretsOf('here', 'mine')).toEqual(['mine'])
})

test.each([['key'], [false], [new Uint8Array(1)], [['a', Buffer.from('b')]]])('%p is a secret', (value) => {
  expect(() => check(value)).not.toThrow()
})
test.each([[''], [true], [[]], [['']], [new Uint8Array(0)], [7], [[false]]])('%p is none', (value) => {
  expect(() => check(value)).toThrow()
})
