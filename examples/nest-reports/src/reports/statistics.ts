/** Totals and percentiles of orders by customer and month. */
import type { Order } from './orders'

export interface MonthStatistics {
  readonly customer: string
  /** `2025-03` */
  readonly month: string
  readonly orders: number
  /** Amounts, in cents. */
  readonly total: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export function statisticsOf(orders: Iterable<Order>): MonthStatistics[] {
  const groups = new Map<string, Order[]>()
  for (const order of orders) {
    const key = `${monthOf(order)} ${order.customer}`
    const group = groups.get(key)
    if (group) group.push(order)
    else groups.set(key, [order])
  }
  return [...groups.values()].map(describe).sort(byCustomerAndMonth)
}

/** The smallest value that is not below `percent` % of the values (nearest rank). */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  const value = sorted[rank - 1]
  if (value === undefined) throw new RangeError('Expected at least one value.')
  return value
}

function describe(orders: readonly Order[]): MonthStatistics {
  const [first] = orders as [Order]
  const amounts = orders.map(({ amount }) => amount).sort((a, b) => a - b)
  return {
    customer: first.customer,
    month: monthOf(first),
    orders: amounts.length,
    total: amounts.reduce((sum, amount) => sum + amount, 0),
    p50: percentile(amounts, 50),
    p90: percentile(amounts, 90),
    p99: percentile(amounts, 99),
  }
}

const monthOf = ({ date }: Order): string => date.slice(0, 7)

const collator = new Intl.Collator('en')

function byCustomerAndMonth(a: MonthStatistics, b: MonthStatistics): number {
  return collator.compare(a.customer, b.customer) || (a.month < b.month ? -1 : 1)
}
