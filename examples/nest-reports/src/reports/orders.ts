/** Reads a CSV file of orders. All of it is synchronous: it runs in a worker, which has nothing else to do. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { CsvParser, type CsvRecord } from './csv-parser'
import { CsvError } from './csv.error'

export const COLUMNS = ['date', 'customer', 'product', 'quantity', 'price'] as const

export interface Order {
  /** `2025-03-14` */
  readonly date: string
  readonly customer: string
  readonly product: string
  readonly quantity: number
  /** The amount of the whole order, in cents. */
  readonly amount: number
}

const CHUNK = 64 * 1024 // bytes

/**
 * Reads the orders of a file.
 *
 * @param onRead is called after each chunk with the part of the file that is read, from 0 to 1
 * @throws {CsvError} the text is not CSV, or an order is not valid
 */
export function* readOrders(file: string, onRead: (share: number) => void): Generator<Order> {
  let header = true
  for (const record of recordsOf(file, onRead)) {
    if (header) checkHeader(record)
    else yield orderOf(record)
    header = false
  }
  if (header) throw new CsvError('The file is empty.')
}

function* recordsOf(file: string, onRead: (share: number) => void): Generator<CsvRecord> {
  const parser = new CsvParser()
  const decoder = new StringDecoder('utf8') // a chunk may end inside of a character
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.allocUnsafe(CHUNK)
    let read = 0
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer)) {
      yield* parser.push(decoder.write(buffer.subarray(0, length)))
      read += length
      onRead(read / size)
    }
    yield* parser.push(decoder.end())
    yield* parser.end()
  } finally {
    closeSync(descriptor)
  }
}

function checkHeader({ fields }: CsvRecord): void {
  const names = fields.map((field) => field.replace('\uFEFF', '').trim().toLowerCase())
  if (names.join() === COLUMNS.join()) return
  throw new CsvError(`Line 1: expected the columns ${COLUMNS.join(', ')}, got ${names.join(', ').slice(0, 100)}.`)
}

function orderOf({ line, fields }: CsvRecord): Order {
  const [date = '', customer = '', product = '', quantity = '', price = ''] = fields
  if (fields.length !== COLUMNS.length) throw new CsvError(`Line ${line}: expected 5 fields, got ${fields.length}.`)
  if (!isDate(date)) throw new CsvError(`Line ${line}: expected a date such as 2025-03-14, got ${quoted(date)}.`)
  if (customer === '') throw new CsvError(`Line ${line}: the customer is missing.`)
  if (!/^[1-9]\d{0,6}$/.test(quantity))
    throw new CsvError(`Line ${line}: expected a quantity such as 3, got ${quoted(quantity)}.`)
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(price))
    throw new CsvError(`Line ${line}: expected a price such as 12.50, got ${quoted(price)}.`)
  return {
    date,
    customer,
    product,
    quantity: Number(quantity),
    amount: Number(quantity) * Math.round(Number(price) * 100),
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(text) // `2025-02-30` is not a number of ms in Node.js, and `2025-13-01` neither
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const quoted = (text: string): string => `“${text.slice(0, 40)}”`
