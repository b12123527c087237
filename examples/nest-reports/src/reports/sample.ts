/** A file of orders to try the application with. The same number of rows gives the same file. */
import { COLUMNS } from './orders'

export const SAMPLE_ROWS = 200_000

const ROWS_AT_ONCE = 1_000
const CUSTOMERS = 250
const TOWNS = ['Aarhus', 'Bergen', 'Cork', 'Delft', 'Évora', 'Faro', 'Graz', 'Halle', 'Ivry', 'Jena', 'Kiel', 'Lund']
const TRADES = ['Bakery', 'Books', 'Café', 'Garden, Seeds & Co', 'Hotel "Anchor"', 'Music', 'Pharmacy', 'Toys']
const PRODUCTS = ['Assam', 'Ceylon', 'Darjeeling', 'Earl Grey', 'Jasmine', 'Oolong', 'Rooibos', 'Sencha']

/** Yields the text of the file in parts of 1,000 rows: the server streams it, and a part takes about 1 ms. */
export function* sampleOrders(rows: number): Generator<string> {
  const random = randomNumbers(rows)
  const customers = Array.from({ length: CUSTOMERS }, (_, n) => customerOf(n))
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  yield `${COLUMNS.join(',')}\n`
  for (let done = 0; done < rows; done += ROWS_AT_ONCE) {
    let text = ''
    for (let row = done; row < Math.min(rows, done + ROWS_AT_ONCE); row++) {
      const day = new Date(Date.UTC(2025, 0, 1 + Math.floor(random() * 365))).toISOString().slice(0, 10)
      const quantity = 1 + Math.floor(20 * random() ** 3)
      const price = (2 + 40 * random() ** 2).toFixed(2)
      text += `${day},${pick(customers)},${pick(PRODUCTS)},${quantity},${price}\n`
    }
    yield text
  }
}

function customerOf(n: number): string {
  const name = `${TOWNS[n % TOWNS.length]} ${TRADES[n % TRADES.length]} ${n + 1}`
  return /[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
}

/** Numbers from 0 to 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
