import type { MethodKey } from '../../../src/registry/keys'
import type { Registration } from '../../../src/registry/registrations'
import { matchRegistration, sameClassName } from '../../../src/worker/resolving/match'

const key = (more: Partial<MethodKey> = {}): MethodKey => ({
  module: { url: 'file:///a.js', format: 'esm' },
  holder: 'instance',
  member: 'm',
  ordinal: 0,
  sequence: 0,
  hash: 'h',
  position: '1:1',
  className: '',
  topLevel: true,
  ...more,
})
const candidate = (more: Partial<MethodKey> = {}): Registration => ({ key: key(more) }) as Registration

describe('a match if both sides run the same text', () => {
  const match = (wanted: MethodKey, ...candidates: Registration[]): Registration | null =>
    matchRegistration(wanted, candidates, true)

  it('has the same numbers and the same text', () => {
    const [first, second] = [candidate(), candidate({ sequence: 1 })]
    expect(match(key(), first, second)).toBe(first)
    expect(match(key({ sequence: 1 }), first, second)).toBe(second)
  })

  it('has the same statement if code for the main thread only has shifted the numbers', () => {
    const shifted = candidate({ position: '9:1' })
    expect(match(key({ position: '9:1', ordinal: 1 }), candidate(), shifted)).toBe(shifted)
  })

  test.each<[string, Partial<MethodKey>]>([
    ['another text', { hash: 'other' }],
    ['another statement', { position: '2:1' }],
    ['another run of the same statement', { sequence: 1 }],
    ['a function that ran later', { topLevel: false }],
  ])('is never the only candidate if it has %s', (_name, difference) => {
    expect(match(key(), candidate(difference))).toBeNull()
  })

  it('is none if several candidates have the same text at other places', () => {
    expect(match(key({ ordinal: 2 }), candidate(), candidate({ ordinal: 1 }))).toBeNull()
  })
})

describe('a match if a test runner or this worker compiles', () => {
  const match = (wanted: MethodKey, ...candidates: Registration[]): Registration | null =>
    matchRegistration(wanted, candidates, false)

  it('ignores positions', () => {
    const moved = candidate({ position: '7:3' })
    expect(match(key(), moved, candidate({ ordinal: 1 }))).toBe(moved)
  })

  it('has a text that occurs once, wherever it is: modules are reset', () => {
    const once = candidate({ ordinal: 3 })
    expect(match(key({ sequence: 2 }), once, candidate({ hash: 'other' }))).toBe(once)
  })

  it('has the same numbers in the class of the same name if coverage has changed the text', () => {
    const covered = candidate({ hash: 'covered', className: 'Pdf' })
    expect(match(key({ className: 'Pdf' }), covered)).toBe(covered)
    expect(match(key({ className: 'Doc' }), covered)).toBeNull()
    expect(match(key({ className: 'Pdf', ordinal: 1 }), covered)).toBeNull()
  })
})

describe('the names of classes', () => {
  test.each([
    ['Pdf', 'Pdf', true],
    ['Pdf', '_Pdf', true],
    ['Pdf_1', 'Pdf', true],
    ['', 'Pdf', true],
    ['Pdf', 'Doc', false],
  ])('%p and %p match: %p', (parent, here, expected) => {
    expect(sameClassName(parent, here)).toBe(expected)
  })
})

describe('a match by name, for a caller on another machine', () => {
  const any = (wanted: Partial<MethodKey>, ...candidates: Registration[]): Registration | null =>
    matchRegistration(key({ byName: 'any', ...wanted }), candidates, true)
  const same = (wanted: Partial<MethodKey>, ...candidates: Registration[]): Registration | null =>
    matchRegistration(key({ byName: 'same', ...wanted }), candidates, true)

  it('is the only one of its name, wherever it is and whatever its text', () => {
    const moved = candidate({ hash: 'newer', position: '90:2', ordinal: 7, sequence: 3 })
    expect(any({}, moved)).toBe(moved)
    expect(any({ className: 'A' }, candidate({ className: 'B' }), moved)).toBe(moved)
    expect(any({ topLevel: false }, moved)).toBeNull()
    expect(any({ className: 'A' }, candidate({ className: 'B' }))).toBeNull()
  })

  it('is, among several of the name, the one of the same text, or at the same place', () => {
    const [first, second] = [candidate({ hash: 'x' }), candidate({ hash: 'y', ordinal: 1 })]
    expect(any({ hash: 'y' }, first, second)).toBe(second)
    expect(any({ hash: 'newer', ordinal: 1 }, first, second)).toBe(second)
    expect(any({ hash: 'newer', ordinal: 9 }, first, second)).toBeNull()
  })

  it('has the same text, if it has to', () => {
    const moved = candidate({ position: '90:2', ordinal: 7 })
    expect(same({}, candidate({ hash: 'other' }), moved)).toBe(moved)
    expect(same({ hash: 'newer' }, moved)).toBeNull()
    expect(same({ className: 'A' }, candidate({ className: 'B' }))).toBeNull()
  })
})
