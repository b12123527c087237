import { isNativeError } from 'node:util/types'
import { isEvent, outcomeError, outcomeValue, warnOfUncaughtError } from '../../src/dispatch/call-ledger'
import { PebbleError } from '../../src/errors'
import { packThrown } from '../../src/wire/errors'
import { MessageKind, type WorkerMessage } from '../../src/wire/messages'
import { BYTES, pack } from '../../src/wire/values'
import { warnings } from '../support/warnings'

const message = (of: Partial<WorkerMessage>): WorkerMessage => ({ kind: MessageKind.Value, sequence: 1, duration: 0, flags: 0, data: undefined, ...of }) // prettier-ignore
const GARBAGE = { data: new Uint8Array([1, 2, 3]), flags: BYTES }

test('items, elements and progress are events, and nothing else is', () => {
  const all = [MessageKind.Value, MessageKind.Thrown, MessageKind.Revoked, MessageKind.Item, MessageKind.Element, MessageKind.ElementThrown, MessageKind.Progress, MessageKind.Ready, MessageKind.OverMemory] // prettier-ignore
  expect(all.filter(isEvent)).toEqual([
    MessageKind.Item,
    MessageKind.Element,
    MessageKind.ElementThrown,
    MessageKind.Progress,
  ])
})

test('values and errors are decoded', () => {
  const value = new Map([[1, new Date(5)]])
  expect(outcomeValue(message(pack(value, { root: 'result', kind: 'process' })))).toEqual(value)
  const error = outcomeError(message(packThrown(new RangeError('no'), { root: 'error', kind: 'process' })), 'a body')
  expect(error).toBeInstanceOf(RangeError)
  expect(error.message).toBe('no')
})

test('a thrown value that cannot be decoded becomes an error that says so', () => {
  expect(() => outcomeValue(message(GARBAGE))).toThrow()
  const error = outcomeError(message(GARBAGE), '`job` of jobs.ts')
  expect(error).toBeInstanceOf(PebbleError)
  expect(error.message).toBe('`job` of jobs.ts threw an error that could not be read.')
  expect(isNativeError(error.cause)).toBe(true)
})

test('an error that belongs to no call becomes a warning', () => {
  const seen = warnings()
  const [error, bare] = [new Error('with'), Object.assign(new Error('without'), { stack: undefined })]
  const textless = { toString: null, valueOf: null }
  for (const thrown of [error, bare, 'a text', textless]) warnOfUncaughtError(thrown)
  const told: Array<[string, string | undefined]> = [
    ['Error: with', error.stack],
    ['Error: without', 'without'],
    ["'a text'", 'a text'],
    ['{ toString: null, valueOf: null }', '{ toString: null, valueOf: null }'],
  ]
  expect(seen).toEqual(
    told.map(([text, detail]) => ({
      message: `An uncaught error in a worker belongs to no call: ${text}`,
      type: 'PebbleWorkerWarning',
      detail,
    })),
  )
})
