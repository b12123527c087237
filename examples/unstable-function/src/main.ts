// A third-party function that is not trusted: it may hang, crash, throw, or work.
import { ProcessExpired, ProcessPool, task, TimeoutError } from 'pebble-ts'

type Mood = 'good' | 'endless' | 'fatal' | 'wrong'

const unstable = task(function unstable(mood: Mood): string {
  if (mood === 'endless') for (;;);
  if (mood === 'fatal') process.exit(17)
  if (mood === 'wrong') throw new RangeError('the moon is in the wrong phase')
  return 'all is well'
})

async function main(): Promise<void> {
  await using pool = new ProcessPool({ maxWorkers: 2 })
  for (const mood of ['good', 'endless', 'fatal', 'wrong', 'good'] satisfies Mood[]) {
    try {
      console.log(await pool.schedule(unstable, { args: [mood], timeout: 1_000 }))
    } catch (error) {
      explain(error)
    }
  }
}

function explain(error: unknown): void {
  if (error instanceof TimeoutError) {
    console.log(`unstable took longer than ${error.timeout} ms`)
  } else if (error instanceof ProcessExpired) {
    console.log(`${error.message} Exit code: ${error.exitCode}`)
  } else if (error instanceof Error) {
    console.log(`unstable raised ${error}`)
    console.log((error as { traceback?: string }).traceback) // where it happened in the worker
  }
}

void main()
