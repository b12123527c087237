import { DispatchedMethod } from '../../src/dispatch/call'
import { SerializationError } from '../../src/errors'
import {
  headOf,
  isAuthentic,
  openCall,
  openOutcome,
  openProgress,
  renewCall,
  repeatedId,
  sealCall,
  sealOutcome,
  type CallEnvelope,
  type Secrets,
} from '../../src/cluster/envelope'
import { setRoot } from '../../src/utils/portable-names'
import { MessageKind } from '../../src/wire/messages'

beforeAll(() => setRoot('file:///srv/app/'))

const key = (url: string, more: object = {}): any => ({
  module: { url, format: 'esm' },
  holder: 'instance',
  member: 'render',
  ordinal: 0,
  sequence: 0,
  hash: 'h',
  position: '1:1',
  className: 'Reports',
  topLevel: true,
  ...more,
})
const payload = (url = 'file:///srv/app/dist/reports.js', more: object = {}): any => ({
  method: new DispatchedMethod({ index: 0, key: key(url), cls: null, label: '`render` of reports.js', ...more }),
  flags: 3,
  self: { name: 'me' },
  args: [1, 'zwei', new Map([['a', Buffer.from('b')]])],
  extra: undefined,
  transfer: undefined,
})
interface More {
  readonly id?: string
  readonly secrets?: Secrets
  readonly payload?: any
  readonly maxPayload?: number
}
const expires = 1_700_000_000_000
const seal = ({ id = 'a', secrets = ['key'], payload: of = payload(), maxPayload = 10_000 }: More = {}): CallEnvelope =>
  sealCall({ id, caller: 'me', payload: of, limits: { timeout: 5 }, byName: 'any', maxPayload, expires, secrets })

describe('a call', () => {
  it('arrives as it was sent, with names that are portable', () => {
    const envelope = JSON.parse(JSON.stringify(seal())) as CallEnvelope
    const [flags, self, args, extra] = openCall(envelope)
    expect([flags, self, extra]).toEqual([3, { name: 'me' }, undefined])
    expect(args).toEqual([1, 'zwei', new Map([['a', Buffer.from('b')]])])
    const { method, limits, maxPayload } = headOf(envelope)
    expect(method.key.module.url).toBe('pebble-app:/dist/reports.js')
    expect([method.key.byName, limits.timeout, maxPayload]).toEqual(['any', 5, 10_000])
    expect(JSON.stringify(envelope)).not.toContain('/srv/app')
  })

  it('keeps its signature if the order of its keys changes, as in PostgreSQL', () => {
    const envelope = seal()
    const sorted = Object.fromEntries(Object.entries(envelope).sort(([a], [b]) => (a < b ? -1 : 1))) as CallEnvelope
    expect(Object.keys(sorted)).not.toEqual(Object.keys(envelope))
    expect(isAuthentic('a', sorted, ['key'])).toBe(true)
  })

  test.each<[string, Secrets, Secrets, boolean]>([
    ['the same key', ['key'], ['key'], true],
    ['another key', ['key'], ['other'], false],
    ['a key that is rotated out, known to the worker', ['old'], ['new', 'old'], true],
    ['a new key, known to the worker beside the old', ['new', 'old'], ['old', 'new'], true],
    ['a key that was rotated out', ['old'], ['new'], false],
    ['bytes as the key', [new Uint8Array([1, 2])], [Buffer.from([1, 2])], true],
    ['no signature, which the worker asks for', false, ['key'], false],
    ['no signature, which nothing asks for', false, false, true],
    ['a signature that nothing asks for', ['key'], false, true],
  ])('with %s', (_with, ours, theirs, authentic) => {
    expect(isAuthentic('a', seal({ secrets: ours }), theirs)).toBe(authentic)
  })

  test.each<[string, (envelope: CallEnvelope) => object]>([
    ['other arguments', () => ({ p: seal({ payload: { ...payload(), args: [2] } }).p })],
    ['truncated arguments', ({ p }) => ({ p: p.slice(0, -8) })],
    ['another method', ({ m }) => ({ m: m.replace('render', 'remove') })],
    ['other limits', ({ m }) => ({ m: m.replace('"timeout":5', '"timeout":9') })],
    ['another caller', () => ({ c: 'someone' })],
    ['another version', () => ({ v: 2 })],
    ['a truncated signature', ({ s }) => ({ s: s?.slice(0, 8) })],
    ['a signature that is no text', () => ({ s: 7 })],
    ['an empty signature', () => ({ s: '' })],
    ['text moved from one part to the other', ({ m, p }) => ({ m: `${m}\n${p}`, p: '' })],
  ])('that was changed to %s is not authentic', (_what, change) => {
    const envelope = seal()
    expect(isAuthentic('a', { ...envelope, ...change(envelope) }, ['key'])).toBe(false)
  })

  it('cannot be replayed under another id', () => {
    expect(isAuthentic('b', seal(), ['key'])).toBe(false)
  })

  it('of a repetition has a new id each time', () => {
    const envelope = seal({ id: repeatedId('a:key') })
    expect(isAuthentic('repeat:a:key:1700000000000', envelope, ['key'])).toBe(true)
    expect(isAuthentic('repeat:another:1700000000000', envelope, ['key'])).toBe(false)
    const renewed = renewCall('repeat:a:key:1700000000000', envelope, 5, ['key'])
    expect(isAuthentic('repeat:a:key:1700000000000', renewed, ['key'])).toBe(true)
    expect(isAuthentic('repeat', envelope, ['key'])).toBe(false)
  })

  it('has a signed time until which it may start, and another one once it is renewed', () => {
    const envelope = seal()
    expect(envelope.x).toBe(expires)
    expect(isAuthentic('a', { ...envelope, x: expires + 1 }, ['key'])).toBe(false)
    const renewed = renewCall('a', envelope, expires + 1, ['key'])
    expect([renewed.x, isAuthentic('a', renewed, ['key'])]).toEqual([expires + 1, true])
    expect(renewCall('a', seal({ secrets: false }), 5, false)).toMatchObject({ x: 5 })
  })

  it('of a module without a file is refused, with what to do', () => {
    expect(() => seal({ payload: payload('data:text/javascript,__filename%3D%22%2Fx.ts%22') })).toThrow(
      /its module was loaded from a `data:` URL.*tsx on Node\.js 20.*"type": "module"/,
    )
  })

  it('has limits of its own, whatever the call before it had', () => {
    const method = payload()
    const sealed = [5, undefined, 9].map((timeout) =>
      sealCall({
        id: 'a',
        caller: 'me',
        payload: method,
        limits: { timeout },
        byName: 'any',
        maxPayload: 9_999,
        expires,
        secrets: false,
      }),
    )
    expect(sealed.map((each) => headOf(each).limits.timeout)).toEqual([5, undefined, 9])
  })

  it('is refused if it is too large', () => {
    const large = { ...payload(), args: ['x'.repeat(2_000)] }
    expect(() => seal({ payload: large, maxPayload: 1_000 })).toThrow(SerializationError)
    expect(() => seal({ payload: large, maxPayload: 1_000 })).toThrow(
      /Cannot send the arguments of `render` of reports\.js through the queue: \d+ bytes are more than `maxPayload` \(1000\)/,
    )
    expect(() => seal({ payload: large, maxPayload: 3_000 })).not.toThrow()
  })

  test.each(['file:///srv/application/x.js', 'file:///srv/x.js', 'node:fs'])(
    'of %s is refused: it has no name on other machines',
    (url) => {
      expect(() => seal({ payload: payload(url) })).toThrow(/is not below the root folder of the program/)
    },
  )

  it('is refused if the class of its `this` is outside of the root', () => {
    const cls = { module: { url: 'file:///usr/lib/x.js', format: 'esm' }, name: 'X', static: false }
    expect(() => seal({ payload: payload(undefined, { cls }) })).toThrow(/is not below the root folder/)
  })

  it('has portable names in what goes with it', () => {
    const extra = {
      absent: [
        ['log', 'a Logger', { module: { url: 'file:///srv/app/log.js', format: 'esm' }, name: 'L', static: false }],
      ],
      stores: [['esm:file:///srv/app/store.js#Store#0', 'file:///srv/app/data', 0, undefined, undefined]],
      classes: ['esm:pebble-app:/money.js#Money#0'],
    }
    const [, , , opened] = openCall(seal({ payload: { ...payload(), extra } }))
    const text = JSON.stringify(opened)
    expect(text).toContain('pebble-app:/log.js')
    expect(text).toContain('esm:pebble-app:/store.js#Store#0')
    expect(opened?.stores?.[0]?.[1]).toBe('file:///srv/app/data') // a value, packed already
    expect(opened?.classes).toEqual(['esm:pebble-app:/money.js#Money#0'])
  })
})

describe('an outcome', () => {
  const message = {
    kind: MessageKind.Value,
    sequence: 7,
    duration: 1.5,
    flags: 1,
    data: { list: [1n], text: 'ü\u0000' },
  }
  const event = { ...message, kind: MessageKind.Progress, data: 'half' }
  const outcome = { message, events: [event], worker: 'db7:4711', pid: 99 }
  const change = (text: string, more: object): string => JSON.stringify({ ...JSON.parse(text), ...more })

  it('arrives as it was sent', () => {
    const opened = openOutcome('a', sealOutcome('a', outcome, ['key'], 'why'), ['other', 'key'])
    expect(opened).toEqual({
      message: { ...message, sequence: 0 },
      events: [{ ...event, sequence: 0 }],
      worker: 'db7:4711',
      pid: 99,
    })
  })

  it('tells people why it failed', () => {
    expect(JSON.parse(sealOutcome('a', outcome, false, 'RangeError: no'))).toMatchObject({ reason: 'RangeError: no' })
  })

  test.each<[string, (text: string) => string]>([
    ['another worker', (text) => change(text, { w: 'evil:1' })],
    ['another kind', (text) => change(text, { k: MessageKind.Thrown })],
    ['another result', (text) => change(text, { p: 'AAAA' })],
    ['another process', (text) => change(text, { i: 1 })],
    ['another signature', (text) => change(text, { s: 'AAAA' })],
    ['no signature', (text) => change(text, { s: undefined })],
  ])('with %s is refused before it is read', (_what, forge) => {
    const text = forge(sealOutcome('a', outcome, ['key']))
    expect(() => openOutcome('a', text, ['key'])).toThrow(/is not signed with the secret of this pool/)
  })

  it('that is a progress is no end of the call, and the other way round', () => {
    const progress = sealOutcome('a', { ...outcome, message: event, events: [] }, ['key'])
    expect(() => openOutcome('a', progress, ['key'])).toThrow(/The outcome of call a cannot be read/)
    expect(() => openProgress('a', sealOutcome('a', outcome, ['key']), ['key'])).toThrow(/cannot be read/)
    expect(openProgress('a', progress, ['key']).message.data).toBe('half')
  })

  it('of another call is refused', () => {
    expect(() => openOutcome('b', sealOutcome('a', outcome, ['key']), ['key'])).toThrow(SerializationError)
  })

  test.each(['', 'job stalled', '{"v":1', '{"v":2}', '{"v":1}', '{"v":1,"p":{}}', 'null', '7'])('is no %j', (text) => {
    expect(() => openOutcome('a', text, ['key'])).toThrow(/The outcome of call a cannot be read/)
  })
})
