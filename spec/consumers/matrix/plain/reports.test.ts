/** Runs under Jest and vitest, with their globals. */
import { writeFileSync } from 'node:fs'
import { thread } from 'pebble-ts'
import { facts } from './src/facts.js'

declare function test(title: string, body: () => Promise<void>): void
declare function expect(value: unknown): { toBe(value: unknown): void }

class InTheTestFile {
  @thread
  async double(n: number): Promise<number> {
    return n * 2
  }
}

test('calls go to workers', async () => {
  writeFileSync('facts.json', JSON.stringify(await facts()))
})

test('a class may be defined in the test file', async () => {
  expect(await new InTheTestFile().double(21)).toBe(42)
})
