import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { areaOf } from '../../src/wire/area'
import { writeFrame } from '../../src/wire/frames'
import { readKeptResults, RESULTS_BYTES } from '../../src/wire/kept-results'
import { MessageKind } from '../../src/wire/messages'
import { scratchFile } from '../support/gate'

describe('kept results', () => {
  let fd: number
  const buffer = Buffer.alloc(RESULTS_BYTES)

  beforeEach(() => {
    const path = scratchFile()
    fd = openSync(path, 'w+')
    unlinkSync(path)
  })
  afterEach(() => closeSync(fd))

  /** Writes results as a worker does, from `at` on. Returns the end. */
  function keep(values: string[], at = 0): number {
    for (const value of values) {
      const end = writeFrame(areaOf(buffer), at, MessageKind.Element, 7, 0, 0, value)
      buffer.writeUInt32LE(0, end)
      writeSync(fd, buffer, at, end - at + 4, at)
      at = end
    }
    return at
  }

  const read = (): unknown[] => readKeptResults(fd, 0).map(({ data }) => data)

  it('are read up to the last', () => {
    expect(read()).toEqual([])
    const end = keep(['a', 'b'])
    expect(read()).toEqual(['a', 'b'])
    keep(['c'], end)
    expect(read()).toEqual(['a', 'b', 'c'])
  })

  it('end at the last one that was written, whatever was there before', () => {
    keep(['one', 'two', 'three', 'four'])
    keep(['a longer one'])
    expect(read()).toEqual(['a longer one'])
  })

  it('that are damaged are left out', () => {
    const end = keep(['a', 'b'])
    const length = Buffer.alloc(4)
    for (const wrong of [3, RESULTS_BYTES, 0xffffffff]) {
      length.writeUInt32LE(wrong)
      writeSync(fd, length, 0, 4, end)
      expect(read()).toEqual(['a', 'b'])
    }
  })
})
