import { parseMessage } from '../../src/cluster/replies'

test('a message is an object with a type and an id; anything else is none', () => {
  expect(parseMessage('{"t":"look","id":"a"}')).toEqual({ t: 'look', id: 'a' })
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '"look"',
    '[]',
    '{"t":"look"}',
    '{"id":"a"}',
    '{"t":1,"id":"a"}',
    '{"t":"x","id":2}',
  ])
    expect(parseMessage(text)).toBeUndefined()
})
