import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { Fingerprint, Fingerprinter } from './fingerprinter'
import { startProgress } from './progress'
import { watchStalls } from './stalls'

/** One pass over all files. */
export interface Pass {
  name: string
  fingerprints: Fingerprint[]
  seconds: number
  /** The longest time that the main event loop was blocked, in ms. */
  stall: number
}

type Way = (files: string[], step: () => void) => Promise<Fingerprint[]>

/** Processes the same files in three ways, one after the other. */
export async function runPasses(fingerprinter: Fingerprinter, files: string[]): Promise<Pass[]> {
  return [
    await run('main thread', files, here(fingerprinter)),
    await run(
      '@thread',
      files,
      allAtOnce((file) => fingerprinter.inThread(file)),
    ),
    await run(
      '@process',
      files,
      allAtOnce((file) => fingerprinter.inProcess(file)),
    ),
  ]
}

async function run(name: string, files: string[], way: Way): Promise<Pass> {
  const progress = startProgress(name, files.length)
  const longestStall = await watchStalls()
  const start = performance.now()
  try {
    const fingerprints = await way(files, () => progress.step())
    const seconds = (performance.now() - start) / 1000
    return { name, fingerprints, seconds, stall: await longestStall() }
  } finally {
    progress.stop()
  }
}

/** Works on the main thread. The event loop runs between two files. */
function here(fingerprinter: Fingerprinter): Way {
  return async (files, step) => {
    const fingerprints: Fingerprint[] = []
    for (const file of files) {
      fingerprints.push(fingerprinter.fingerprint(file))
      step()
      await turn()
    }
    return fingerprints
  }
}

/** Makes all calls at once. The pool of the decorator queues the calls until its workers are free. */
function allAtOnce(call: (file: string) => Promise<Fingerprint>): Way {
  return (files, step) =>
    Promise.all(
      files.map(async (file) => {
        const fingerprint = await call(file)
        step()
        return fingerprint
      }),
    )
}
