import { areaOf, LITTLE_ENDIAN } from '../../src/wire/area'

describe('an area', () => {
  it('has a view of exactly its bytes, even if they are part of a larger buffer', () => {
    const whole = Buffer.alloc(16, 0xee)
    const { bytes, view } = areaOf(whole.subarray(3, 11))
    view.setUint32(0, 0x01020304, LITTLE_ENDIAN)
    bytes.writeUInt32LE(7, 4)
    expect(whole.toString('hex')).toBe(`eeeeee${'04030201'}${'07000000'}eeeeeeeeee`)
    expect(view.getUint32(4, LITTLE_ENDIAN)).toBe(7)
    expect(view.byteLength).toBe(8)
  })
})
