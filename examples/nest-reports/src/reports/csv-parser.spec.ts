import { CsvParser, type CsvRecord } from './csv-parser'
import { CsvError } from './csv.error'

const TEXT = 'a,b\r\n"c,1","d ""x"" e"\n\n"two\nlines",\n,"",z'
const RECORDS: CsvRecord[] = [
  { line: 1, fields: ['a', 'b'] },
  { line: 2, fields: ['c,1', 'd "x" e'] },
  { line: 4, fields: ['two\nlines', ''] },
  { line: 6, fields: ['', '', 'z'] },
]

function parse(...parts: string[]): CsvRecord[] {
  const parser = new CsvParser()
  return [...parts.flatMap((part) => parser.push(part)), ...parser.end()]
}

test('reads quotes, line breaks in quotes, empty lines and a last line without a break', () => {
  expect(parse(TEXT)).toEqual(RECORDS)
})

test('does not depend on where the text is cut', () => {
  for (let first = 0; first <= TEXT.length; first++) {
    for (let second = first; second <= TEXT.length; second++) {
      const parts = [TEXT.slice(0, first), TEXT.slice(first, second), TEXT.slice(second)]
      expect({ parts, records: parse(...parts) }).toEqual({ parts, records: RECORDS })
    }
  }
})

test.each([
  ['a\n"b', 'Line 2: a quote is not closed.'],
  ['"a"b,c\n', 'Line 1: expected a comma after a closing quote.'],
])('refuses %j', (text, message) => {
  expect(() => parse(text)).toThrow(new CsvError(message))
})
