/** A parser of CSV (RFC 4180): fields in quotes may contain commas, line breaks and doubled quotes. */
import { CsvError } from './csv.error'

export interface CsvRecord {
  /** The line of the file where the record starts, counted from 1. */
  readonly line: number
  readonly fields: readonly string[]
}

export class CsvParser {
  #rest = ''
  #line = 1

  /** Takes the next part of the text and returns the records that are complete. */
  push(text: string): CsvRecord[] {
    this.#rest += text
    const records: CsvRecord[] = []
    let start = 0
    for (let end = this.#endOf(start); end >= 0; end = this.#endOf(start)) {
      this.#add(records, this.#rest.slice(start, end))
      start = end + 1
    }
    this.#rest = this.#rest.slice(start)
    return records
  }

  /**
   * Returns the last record, if the text does not end with a line break.
   *
   * @throws {CsvError} a quote is not closed
   */
  end(): CsvRecord[] {
    const records: CsvRecord[] = []
    if (this.#rest !== '') this.#add(records, this.#rest)
    this.#rest = ''
    return records
  }

  /** The index of the line break that ends the record at `start`; -1 if it is not there yet. */
  #endOf(start: number): number {
    let end = this.#rest.indexOf('\n', start)
    const quote = this.#rest.indexOf('"', start)
    if (end < 0 || quote < 0 || quote > end) return end
    let quotes = 0
    for (let at = quote; at < this.#rest.length; at++) {
      const char = this.#rest.charCodeAt(at)
      if (char === QUOTE) quotes++
      else if (char === LINE_FEED && quotes % 2 === 0) return at
    }
    end = -1
    return end
  }

  #add(records: CsvRecord[], text: string): void {
    const line = this.#line
    this.#line += 1 + text.split('\n').length - 1
    const record = text.endsWith('\r') ? text.slice(0, -1) : text
    if (record !== '') records.push({ line, fields: fieldsOf(record, line) })
  }
}

const QUOTE = 34
const LINE_FEED = 10

function fieldsOf(record: string, line: number): string[] {
  if (!record.includes('"')) return record.split(',')
  const fields: string[] = []
  let at = 0
  while (at <= record.length) {
    const end = record[at] === '"' ? endOfQuoted(record, at, line) : endOfPlain(record, at)
    const text = record.slice(at, end)
    fields.push(record[at] === '"' ? text.slice(1, -1).replaceAll('""', '"') : text)
    at = end + 1
  }
  return fields
}

function endOfPlain(record: string, start: number): number {
  const comma = record.indexOf(',', start)
  return comma < 0 ? record.length : comma
}

/** The index behind the closing quote. */
function endOfQuoted(record: string, start: number, line: number): number {
  let at = record.indexOf('"', start + 1)
  while (at >= 0 && record[at + 1] === '"') at = record.indexOf('"', at + 2)
  if (at < 0) throw new CsvError(`Line ${line}: a quote is not closed.`)
  if (at + 1 < record.length && record[at + 1] !== ',')
    throw new CsvError(`Line ${line}: expected a comma after a closing quote.`)
  return at + 1
}
