import { MessageSeal, SEAL_LENGTH } from '../../src/cluster/message-seal'
import { Outbox } from '../../src/cluster/outbox'

const seal = new MessageSeal(['key'], { now: () => 5 })
let published: Array<[channel: string, text: string]>
let outbox: Outbox
beforeEach(() => {
  published = []
  const publish = (channel: string, text: string): void => void published.push([channel, text])
  outbox = new Outbox({ publish, longest: 200 }, seal)
})
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('messages of one turn to one channel go out together', async () => {
  outbox.send('a', '1')
  outbox.send('b', '2')
  outbox.send('a', '3')
  await turn()
  expect(published.map(([channel, text]) => [channel, seal.open(channel, text)])).toEqual([
    ['a', ['1', '3']],
    ['b', ['2']],
  ])
  outbox.send('a', '4')
  await turn()
  expect(published).toHaveLength(3)
})

test('none is longer than a message of the channel may be', async () => {
  const texts = Array.from({ length: 50 }, (_, n) => 'x'.repeat(1 + ((n * 37) % outbox.longest)))
  for (const text of texts) outbox.send('a', text)
  await turn()
  expect(published.flatMap(([channel, text]) => seal.open(channel, text))).toEqual(texts)
  expect(Math.max(...published.map(([, text]) => text.length))).toBeLessThanOrEqual(200)
  expect(outbox.longest).toBe(200 - SEAL_LENGTH)
})

test('a cancellation of 1,000 calls takes few messages', async () => {
  outbox = new Outbox({ publish: (channel, text) => void published.push([channel, text]), longest: 256 * 1024 }, seal)
  for (let n = 0; n < 1000; n++) outbox.send('a', `{"t":"cancel","id":"${n}"}`)
  await turn()
  expect(published).toHaveLength(1)
})
