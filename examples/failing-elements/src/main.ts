// A `map` in which elements fail in different ways. The iteration continues after each error.
import { ProcessExpired, ProcessPool, task, TimeoutError } from 'pebble-ts'

const invert = task(function invert(n: number): number {
  if (n === 0) throw new RangeError('0 has no inverse')
  if (n === 3) process.exit(3)
  if (n === 4) for (;;);
  return 1 / n
})

async function main(): Promise<void> {
  await using pool = new ProcessPool({ maxWorkers: 2 })
  const results = pool.map(invert, [-1, 0, 1, 2, 3, 4, 5], { timeout: 1_000 })[Symbol.asyncIterator]()
  for (;;) {
    try {
      const { done, value } = await results.next()
      if (done) break
      console.log(value)
    } catch (error) {
      explain(error)
    }
  }
}

function explain(error: unknown): void {
  if (error instanceof TimeoutError) {
    console.log(`invert took longer than ${error.timeout} ms`)
  } else if (error instanceof ProcessExpired) {
    console.log(`${error.message} Exit code: ${error.exitCode}`)
  } else if (error instanceof Error) {
    console.log(`invert raised ${error}`)
    console.log((error as { traceback?: string }).traceback) // where it happened in the worker
  }
}

void main()
