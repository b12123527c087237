/** What a consumer sees of the library. The runner knows what it should see. */
import { TimeoutError } from 'pebble-ts'
import { NoReport, Reports } from './reports.js'

export interface ErrorFacts {
  readonly own: boolean
  readonly page: number
  readonly message: string
  readonly traceback: string
}

export async function facts(reports = new Reports('bytes')): Promise<object> {
  const quiet = new Reports('kB')
  const [digest, thread] = await timed(() => reports.digest('pebble'))
  const [size, process] = await timed(() => reports.size('ünicode'))
  return {
    digest,
    size,
    sizeOfOther: await quiet.size('a'),
    heard: [reports.heard, quiet.heard],
    errors: [await errorOf(reports.failInThread()), await errorOf(reports.failInProcess())],
    limits: [await limitOf(reports.endlessInThread()), await limitOf(reports.endlessInProcess())],
    firstCallMs: { thread, process },
  }
}

async function timed<T>(call: () => Promise<T>): Promise<[T, ms: number]> {
  const start = performance.now()
  return [await call(), Math.round(performance.now() - start)]
}

async function errorOf(call: Promise<never>): Promise<ErrorFacts> {
  const error = await call.catch((reason: NoReport & { traceback: string }) => reason)
  return { own: error instanceof NoReport, page: error.page, message: error.message, traceback: error.traceback }
}

async function limitOf(call: Promise<never>): Promise<unknown> {
  return call.catch((error: unknown) => (error instanceof TimeoutError ? error.timeout : String(error)))
}
