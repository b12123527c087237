import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CsvError } from './csv.error'
import { type Order, readOrders } from './orders'
import { sampleOrders } from './sample'

const HEADER = 'date,customer,product,quantity,price\n'
const folder = mkdtempSync(join(tmpdir(), 'orders-'))
const shares: number[] = []

afterEach(() => shares.splice(0))
afterAll(() => rmSync(folder, { recursive: true }))

function read(text: string): Order[] {
  const file = join(folder, 'orders.csv')
  writeFileSync(file, text)
  return [...readOrders(file, (share) => shares.push(share))]
}

test('reads orders, with amounts in cents', () => {
  expect(read(`${HEADER}2025-03-14,"Baker, Sons",Assam,3,12.50\n`)).toEqual([
    { date: '2025-03-14', customer: 'Baker, Sons', product: 'Assam', quantity: 3, amount: 3750 },
  ])
  expect(shares).toEqual([1])
})

test('accepts the byte order mark and line breaks of Excel', () => {
  expect(read(`\uFEFF${HEADER}2025-03-14,Ann,Assam,1,0.1\n`.replaceAll('\n', '\r\n'))).toMatchObject([{ amount: 10 }])
})

test('reads a sample in chunks, with characters of several bytes', () => {
  const orders = read([...sampleOrders(5_000)].join(''))
  expect(orders).toHaveLength(5_000)
  expect(shares.length).toBeGreaterThan(2)
  expect([...shares].sort((a, b) => a - b)).toEqual(shares)
  expect(shares.at(-1)).toBe(1)
  const text = JSON.stringify(orders)
  expect(text).toContain('Évora')
  expect(text).not.toContain('\uFFFD')
})

test.each([
  ['', 'The file is empty.'],
  ['day,price\n', 'Line 1: expected the columns date, customer, product, quantity, price, got day, price.'],
  [`${HEADER}2025-03-14,Ann,Assam,1\n`, 'Line 2: expected 5 fields, got 4.'],
  [`${HEADER}2025-02-30,Ann,Assam,1,2\n`, 'Line 2: expected a date such as 2025-03-14, got “2025-02-30”.'],
  [`${HEADER}14.3.2025,Ann,Assam,1,2\n`, 'Line 2: expected a date such as 2025-03-14, got “14.3.2025”.'],
  [`${HEADER}2025-03-14,,Assam,1,2\n`, 'Line 2: the customer is missing.'],
  [`${HEADER}2025-03-14,Ann,Assam,0,2\n`, 'Line 2: expected a quantity such as 3, got “0”.'],
  [`${HEADER}2025-03-14,Ann,Assam,1,free\n`, 'Line 2: expected a price such as 12.50, got “free”.'],
])('refuses %j', (text, message) => {
  expect(() => read(text)).toThrow(new CsvError(message))
})
