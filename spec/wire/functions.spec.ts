import { SerializationError } from '../../src/errors'
import { functionOf, useFunctionCodec } from '../../src/wire/functions'
import { CODED, pack, unpack } from '../../src/wire/values'
import { process, roundTrip, thread, thrownBy } from './support'

const add = (a: number, b: number): number => a + b

describe('a function', () => {
  it('cannot be rebuilt without a function codec', () => {
    expect(() => functionOf('add')).toThrow(new TypeError('Cannot rebuild a function: no codec knows functions here.'))
    expect(() => pack(add, process)).toThrow('a function cannot be cloned')
  })

  describe('that the codec knows', () => {
    const encode = jest.fn((fn: Function) => (fn === add ? { key: { name: 'add' }, id: 'file:///a.js' } : undefined))
    const decode = jest.fn((_key: unknown): Function => add)
    beforeAll(() => useFunctionCodec({ encode, decode }))
    afterEach(() => jest.clearAllMocks())

    it.each([thread, process])('is sent by name to a $kind', (context) => {
      const [first, { again }] = roundTrip([add, { again: add }], context) as [Function, { again: Function }]
      expect([first, again]).toEqual([add, add])
      expect(decode).toHaveBeenCalledWith({ name: 'add' })
    })

    it('lists what the receiver has to load', () => {
      expect(pack(add, process)).toEqual({
        data: { '@pebble-ts': 'function', key: { name: 'add' } },
        flags: CODED,
        classes: ['file:///a.js'],
      })
    })

    it('does not make other functions sendable', () => {
      expect(() => pack([() => 1], process)).toThrow(
        'Cannot send `result[0]` from a worker: a function cannot be cloned',
      )
    })

    it('fails with the error that the codec throws', () => {
      const own = new SerializationError('This function stays.', 'result')
      encode.mockImplementationOnce(() => {
        throw own
      })
      expect(thrownBy(() => pack([add], process))).toBe(own)
      encode.mockImplementationOnce(() => {
        throw new Error('lost')
      })
      expect(() => pack([add], process)).toThrow('`result[0]` from a worker: reading it threw Error: lost.')
      expect(() => unpack({ '@pebble-ts': 'function', key: 1 }, CODED, {})).not.toThrow()
    })
  })
})
