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
const there = (more: Partial<MethodKey> = {}): Registration => ({ key: key(more) }) as Registration

describe('where both sides run the same text', () => {
  const match = (wanted: MethodKey, ...candidates: Registration[]): Registration | null =>
    matchRegistration(wanted, candidates, true)

  it('takes what stands at the same place with the same text', () => {
    const [first, second] = [there(), there({ sequence: 1 })]
    expect(match(key(), first, second)).toBe(first)
    expect(match(key({ sequence: 1 }), first, second)).toBe(second)
  })

  it('takes what stands at the same statement where code for the main thread only has shifted the numbers', () => {
    const shifted = there({ position: '9:1' })
    expect(match(key({ position: '9:1', ordinal: 1 }), there(), shifted)).toBe(shifted)
  })

  test.each<[string, Partial<MethodKey>]>([
    ['another text', { hash: 'other' }],
    ['another statement', { position: '2:1' }],
    ['another turn of the same statement', { sequence: 1 }],
    ['a function that ran later', { topLevel: false }],
  ])('never takes the only candidate: it has %s', (_name, difference) => {
    expect(match(key(), there(difference))).toBeNull()
  })

  it('does not choose between equals at other places', () => {
    expect(match(key({ ordinal: 2 }), there(), there({ ordinal: 1 }))).toBeNull()
  })
})

describe('where a test runner or this worker compiles', () => {
  const match = (wanted: MethodKey, ...candidates: Registration[]): Registration | null =>
    matchRegistration(wanted, candidates, false)

  it('pays no attention to positions', () => {
    const moved = there({ position: '7:3' })
    expect(match(key(), moved, there({ ordinal: 1 }))).toBe(moved)
  })

  it('takes a text that occurs once, wherever it stands: modules are reset', () => {
    const once = there({ ordinal: 3 })
    expect(match(key({ sequence: 2 }), once, there({ hash: 'other' }))).toBe(once)
  })

  it('takes the same place in the class of the same name where coverage has changed the text', () => {
    const covered = there({ hash: 'covered', className: 'Pdf' })
    expect(match(key({ className: 'Pdf' }), covered)).toBe(covered)
    expect(match(key({ className: 'Doc' }), covered)).toBeNull()
    expect(match(key({ className: 'Pdf', ordinal: 1 }), covered)).toBeNull()
  })
})

describe('names of classes', () => {
  test.each([
    ['Pdf', 'Pdf', true],
    ['Pdf', '_Pdf', true],
    ['Pdf_1', 'Pdf', true],
    ['', 'Pdf', true],
    ['Pdf', 'Doc', false],
  ])('%p and %p agree: %p', (parent, here, expected) => {
    expect(sameClassName(parent, here)).toBe(expected)
  })
})
