import { mapRules } from '../../../src/pools/map/map-arguments'
import { checkOptions } from '../../../src/utils/options'

test('a chunk that could not be sent whole is refused', () => {
  expect(() => checkOptions('map()', { chunkSize: 1e9 }, mapRules)).toThrow(
    new RangeError('Expected `chunkSize` to be at most 1048576, got `1000000000` (number)'),
  )
})
