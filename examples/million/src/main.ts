// One million elements in chunks, so that messages do not cost more than the work. A progress bar shows the progress.
import { deepStrictEqual } from 'node:assert'
import { availableParallelism } from 'node:os'
import { ProcessPool, task, type MapFuture } from 'pebble-ts'
import { startProgress } from './progress'

const identity = task((n: number): number => n)

async function main(): Promise<void> {
  const elements = Array.from({ length: 1_000_000 }, (_, n) => n)
  const workers = availableParallelism()
  const chunkSize = Math.ceil(elements.length / workers / 50)
  await using pool = new ProcessPool({ maxWorkers: workers })

  // the limit counts for a whole chunk: 1 ms for each element
  const future = pool.map(identity, elements, { chunkSize, timeout: chunkSize })
  const results = await collect(future)

  deepStrictEqual(results, elements)
  console.log(`${results.length} elements came back in their order, in chunks of ${chunkSize}`)
}

async function collect(future: MapFuture<number>): Promise<number[]> {
  const progress = startProgress(future)
  try {
    const results: number[] = []
    for await (const result of future) results.push(result)
    return results
  } finally {
    progress.stop()
  }
}

void main()
