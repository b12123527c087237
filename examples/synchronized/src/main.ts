// Two thread bodies and one process body append to one file. If all entries are complete, the lock has worked.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Journal } from './journal'

const COUNT = Number(process.argv[2] ?? 20) // entries of each body

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'synchronized-'))
  try {
    const journal = new Journal(join(folder, 'journal.txt'))
    const numbers = Array.from({ length: COUNT }, (_, n) => n + 1)
    await Promise.all(numbers.flatMap((n) => [journal.deposit(n), journal.withdraw(n), journal.audit(n)]))
    report(readFileSync(journal.path, 'utf8').trimEnd().split('\n'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function report(lines: readonly string[]): void {
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length
  const torn = lines.filter((line, at) => line.startsWith('begin ') && lines[at + 2] !== line.replace('begin', 'end'))
  const writers = new Set(lines.filter((line) => line.startsWith('by ')))
  const threads = [...writers].filter((writer) => writer.startsWith(`by ${process.pid}/`)).length
  console.log(
    `${count(/^end deposit/)} deposits, ${count(/^end withdrawal/)} withdrawals, ${count(/^end audit/)} audits`,
  )
  console.log(`written by threads: ${threads}, by processes: ${writers.size - threads}`)
  console.log(torn.length === 0 ? 'every entry is whole' : `torn entries: ${torn.length}`)
  if (torn.length > 0) process.exitCode = 1
}

void main()
