import { FAULTS } from '../fixtures/strikes/strike'
import { KINDS } from '../support/setup'
import { cellOf } from './matrix/cells'
import { PLACE } from './matrix/places'
import { PLACES, TABLE } from './matrix/table'

describe('the fault matrix', () => {
  test('can cause a fault at every place', () => {
    expect(Object.keys(PLACE).sort()).toEqual([...PLACES].sort())
  })

  test.each(FAULTS)('has an expectation for every place, or the reason why there is none: %s', (fault) => {
    for (const place of PLACES) {
      for (const kind of KINDS) {
        const cell = cellOf(TABLE[fault][place], kind)
        if (typeof cell === 'string') expect([place, kind, cell.length > 10]).toEqual([place, kind, true])
        else expect('value' in cell || 'name' in cell).toBe(true)
      }
    }
  })
})
