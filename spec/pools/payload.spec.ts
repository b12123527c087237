import { DispatchedMethod } from '../../src/dispatch/call'
import { packSelf, type PackedSelf } from '../../src/pools/payload'
import { SCHEDULED } from '../../src/pools/schedulable'
import type { Registration } from '../../src/registry/registrations'

const registration = { key: { holder: 'instance' } } as unknown as Registration

/** Packs the fields of instances for calls of one method. */
function packer(): (self: object) => PackedSelf {
  const method = new DispatchedMethod({ index: 0, key: null, cls: null, label: '`job` of jobs.ts' })
  return (self) => packSelf({ method, registration, self, options: SCHEDULED, kind: 'thread', elementIndex: undefined })
}

describe('the snapshot of `this`', () => {
  test('is the one of the last call while the fields are the same, also of another instance', () => {
    const pack = packer()
    const first = pack({ offset: 3, name: 'a' })
    expect(first.data).toEqual({ offset: 3, name: 'a' })
    expect(pack({ offset: 3, name: 'a' })).toBe(first)
  })

  test.each([
    ['a value', { offset: 4, name: 'a' }],
    ['a name', { offset: 3, title: 'a' }],
    ['the order', { name: 'a', offset: 3 }],
    ['the number of fields', { offset: 3 }],
    ['one more field', { offset: 3, name: 'a', more: undefined }],
  ])('is another one if %s has changed', (_, changed) => {
    const pack = packer()
    pack({ offset: 3, name: 'a' })
    const { data } = pack(changed)
    expect(data).toStrictEqual(changed)
    expect(Object.keys(data as object)).toEqual(Object.keys(changed))
  })

  test('tells 0 from -0, and knows NaN', () => {
    const pack = packer()
    pack({ value: 0 })
    expect((pack({ value: -0 }).data as { value: number }).value).toBe(-0)
    const first = pack({ value: NaN })
    expect(pack({ value: NaN })).toBe(first)
  })

  test('is made for each call if a field is an object, which may have changed inside', () => {
    const pack = packer()
    const self = { list: [1] }
    const first = pack(self)
    self.list.push(2)
    expect([first.data, pack(self).data]).toEqual([{ list: [1] }, { list: [1, 2] }])
  })

  test('is not kept if a text is long', () => {
    const pack = packer()
    const first = pack({ text: 'x'.repeat(257) })
    expect(pack({ text: 'x'.repeat(257) })).not.toBe(first)
  })

  test('reads each getter once per call', () => {
    const pack = packer()
    let reads = 0
    const self = Object.defineProperty({ other: 1 }, 'count', { enumerable: true, get: () => ++reads })
    pack(self)
    expect([pack(self).data, reads]).toEqual([{ other: 1, count: 2 }, 2])
  })

  test('lists a getter that throws as absent', () => {
    const self = Object.defineProperty({ other: 1 }, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(packer()(self)).toMatchObject({ data: { other: 1 }, absent: [['bad', expect.stringContaining('threw')]] })
  })
})
