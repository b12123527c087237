import { failedCalls } from '../../src/cluster/dead-letters'
import { sealOutcome } from '../../src/cluster/envelope'
import { Hold } from '../../src/cluster/hold'
import { ProcessExpired, SerializationError } from '../../src/errors'
import { packThrown } from '../../src/wire/errors'
import { MessageKind } from '../../src/wire/messages'

const thrown = packThrown(new RangeError('of the body'), { root: 'error', kind: 'process' })
const message = { kind: MessageKind.Thrown, sequence: 0, duration: 1, ...thrown }
const sealed = (id: string) => sealOutcome(id, { message, events: [], worker: 'db7:1', pid: 1 }, ['key'])

/** An engine whose list of failed calls changes between two pages. */
function engine(pages: string[][], outcomes: (id: string) => string | undefined): any {
  return {
    failed: async () => pages.shift() ?? [],
    read: async (ids: string[]) => ids.map((id) => ({ id, name: `f of ${id}`, state: outcomes(id) === undefined ? 'waiting' : 'failed', outcome: outcomes(id) })), // prettier-ignore
  }
}
async function all(of: any) {
  const calls = []
  for await (const call of failedCalls(of, ['key'], new Hold({ hold: () => undefined }))) calls.push(call)
  return calls
}

test('each failed call is listed once, with its error and its machine, also if later ones move the pages', async () => {
  const calls = await all(
    engine(
      [
        ['c', 'b'],
        ['b', 'a'],
      ],
      sealed,
    ),
  )
  expect(calls.map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  expect(calls[0]).toMatchObject({ name: 'f of c', worker: 'db7:1', error: new RangeError('of the body') })
  expect(calls[0]?.error).toBeInstanceOf(RangeError)
})

test('one that was let start again meanwhile is not', async () => {
  expect(await all(engine([['a']], () => undefined))).toEqual([])
})

test('one whose machine was lost, or whose outcome is forged, has an error that says so', async () => {
  const [lost, forged] = await all(engine([['a', 'b']], (id) => (id === 'a' ? 'job stalled more than allowable limit' : sealed('other')))) // prettier-ignore
  expect(lost).toMatchObject({ error: expect.any(ProcessExpired), worker: null })
  expect(forged).toMatchObject({ error: expect.any(SerializationError), worker: null })
})

test('all are listed if each is tried again or forgotten while the list is read', async () => {
  const left = Array.from({ length: 350 }, (_, n) => `c${n}`)
  const shrinking = {
    failed: async (start: number, end: number) => left.slice(start, end + 1),
    read: async (ids: string[]) => ids.map((id) => ({ id, state: 'failed', outcome: sealed(id) })),
  }
  const listed: string[] = []
  for await (const { id } of failedCalls(shrinking as never, ['key'], new Hold({ hold: () => undefined }))) {
    listed.push(id)
    left.splice(left.indexOf(id), 1)
  }
  expect(listed).toHaveLength(350)
})
