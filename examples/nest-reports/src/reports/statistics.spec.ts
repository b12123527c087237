import type { Order } from './orders'
import { percentile, statisticsOf } from './statistics'

const order = (customer: string, date: string, amount: number): Order => ({
  ...{ customer, date, amount },
  ...{ product: 'Assam', quantity: 1 },
})

test('groups by customer and month, in order', () => {
  const orders = [
    order('Zoë', '2025-02-01', 10),
    order('Ann', '2025-03-31', 5),
    order('Ann', '2025-02-01', 1),
    order('Ann', '2025-02-28', 2),
  ]
  expect(statisticsOf(orders)).toEqual([
    { customer: 'Ann', month: '2025-02', orders: 2, total: 3, p50: 1, p90: 2, p99: 2 },
    { customer: 'Ann', month: '2025-03', orders: 1, total: 5, p50: 5, p90: 5, p99: 5 },
    { customer: 'Zoë', month: '2025-02', orders: 1, total: 10, p50: 10, p90: 10, p99: 10 },
  ])
})

test('percentiles are values of the list (nearest rank)', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1)
  expect([0, 50, 90, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([1, 50, 90, 99, 100])
  expect(percentile([7], 99)).toBe(7)
  expect(() => percentile([], 50)).toThrow(new RangeError('Expected at least one value.'))
})

test('amounts are sorted as numbers', () => {
  const amounts = [100, 9, 20]
  expect(statisticsOf(amounts.map((amount) => order('Ann', '2025-02-01', amount)))).toMatchObject([
    { p50: 20, p99: 100 },
  ])
})
