import { encodeMember, labelOf, memberText, type MethodKey } from '../../src/registry/keys'

const key = (member: string, className = ''): MethodKey => ({
  module: { url: 'file:///app/my%20pdf.ts', format: 'esm' },
  holder: 'instance',
  member,
  ordinal: 0,
  sequence: 0,
  hash: '',
  position: '1:1',
  className,
  topLevel: true,
})

describe('names of members', () => {
  test.each([
    ['render', 'render', 'render'],
    ['42', '42', '42'],
    ['@known', '@string:@known', '@known'],
    [Symbol.iterator, '@known:Symbol.iterator', '[Symbol.iterator]'],
    [Symbol.for('a:b'), '@for:a:b', '[Symbol(a:b)]'],
    [Symbol('Symbol.iterator'), '@local:Symbol.iterator', '[Symbol(Symbol.iterator)]'],
    [Symbol('x\ny'), '@local:x\ny', '[Symbol(x\ny)]'],
  ])('%p are encoded, and shown in messages', (name, encoded, text) => {
    expect(encodeMember(name)).toBe(encoded)
    expect(memberText(encoded)).toBe(text)
  })

  it('distinguish a registered symbol from a local one with the same description', () => {
    expect(encodeMember(Symbol.for('same'))).not.toBe(encodeMember(Symbol('same')))
  })

  it('show the file of a method in messages', () => {
    expect(labelOf(key('render'))).toBe('`render` of my pdf.ts')
    expect(labelOf(key('render', 'Pdf'))).toBe('`Pdf.render` of my pdf.ts')
    expect(labelOf(key(''))).toBe('`(anonymous)` of my pdf.ts')
  })
})
