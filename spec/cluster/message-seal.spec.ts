import { MessageSeal, SEAL_LENGTH } from '../../src/cluster/message-seal'
import type { Secrets } from '../../src/cluster/signatures'

let time = 1_700_000_000_000
const seal = (secrets: Secrets = ['key']): MessageSeal => new MessageSeal(secrets, { now: () => time })
const TEXTS = ['{"t":"cancel","id":"a"}', '{"t":"cancel","id":"b"}']
const sealed = seal().seal('q:control', TEXTS)
afterEach(() => (time = 1_700_000_000_000))

test('what was sealed is opened, for the same channel', () => {
  expect(seal().open('q:control', sealed)).toEqual(TEXTS)
  expect(sealed.length - TEXTS.join('\n').length).toBeLessThanOrEqual(SEAL_LENGTH)
})

test.each<[string, string, string]>([
  ['no signature', 'q:control', TEXTS.join('\n')],
  ['an empty text', 'q:control', ''],
  ['the messages to another queue', 'other:control', sealed],
  ['another message', 'q:control', sealed.replace('"b"', '"c"')],
  ['one message more', 'q:control', `${sealed}\n${TEXTS[0]}`],
  ['another time', 'q:control', sealed.replace(/^\d+/, `${time + 1}`)],
  ['a time that is none', 'q:control', sealed.replace(/^\d+/, 'x')],
  ['a signature by another key', 'q:control', seal(['other']).seal('q:control', TEXTS)],
])('with %s it is refused', (_what, channel, text) => {
  expect(seal().open(channel, text)).toEqual([])
})

test.each([-61_000, 61_000])('a recorded one is refused later: %d ms', (ms) => {
  time += ms
  expect(seal().open('q:control', sealed)).toEqual([])
})

test('keys rotate', () => {
  expect(seal(['new', 'key']).open('q:control', sealed)).toEqual(TEXTS)
  expect(seal(['key', 'new']).open('q:control', seal(['new', 'key']).seal('q:control', TEXTS))).toEqual(TEXTS)
})

test('without secrets nothing is added', () => {
  expect(seal(false).seal('q:control', TEXTS)).toBe(TEXTS.join('\n'))
  expect(seal(false).open('q:control', TEXTS.join('\n'))).toEqual(TEXTS)
})
