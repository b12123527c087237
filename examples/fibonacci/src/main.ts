// Computes Fibonacci numbers until one of them takes longer than the limit. Then it cancels the rest, which would take longer, too.
import { ProcessPool, task, TimeoutError } from 'pebble-ts'

const LIMIT = Number(process.argv[2] ?? 1_000) // ms for each number

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
}

const fibonacciTask = task(fibonacci)

async function main(): Promise<void> {
  await using pool = new ProcessPool()
  const numbers = Array.from({ length: 60 }, (_, n) => n)
  const future = pool.map(fibonacciTask, numbers, { timeout: LIMIT })
  try {
    for await (const n of future) console.log(n)
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    const { done, total } = future.progress
    console.log(`TimeoutError after ${done} of ${total}: aborting the remaining computations`)
    future.cancel()
  }
}

void main()
