/** What a consumer sees of the library. The runner knows what it should see. */
import { TimeoutError } from 'pebble-ts'
import { NoReport, type ReportsService, type Total } from './reports.service.js'

/** @param post sends a request to the application, which calls the method that runs in a process */
export async function facts(reports: ReportsService, post: (articles: string[]) => Promise<Total>): Promise<object> {
  const [inThread, thread] = await timed(() => reports.inThread(['tea', 'coffee']))
  const [inProcess, process] = await timed(() => post(['tea', 'coffee', 'coffee']))
  return {
    thread: { ...inThread, pid: isOwn(inThread) },
    process: { ...inProcess, pid: isOwn(inProcess) },
    heard: reports.heard,
    errors: [await errorOf(reports.failInThread()), await errorOf(reports.failInProcess())],
    limits: [await limitOf(reports.endlessInThread()), await limitOf(reports.endlessInProcess())],
    firstCallMs: { thread, process },
  }
}

const isOwn = ({ pid }: Total): string => (pid === process.pid ? 'own' : 'other')

async function timed<T>(call: () => Promise<T>): Promise<[T, ms: number]> {
  const start = performance.now()
  return [await call(), Math.round(performance.now() - start)]
}

async function errorOf(call: Promise<never>): Promise<object> {
  const error = await call.catch((reason: NoReport & { traceback: string }) => reason)
  return { own: error instanceof NoReport, page: error.page, message: error.message, traceback: error.traceback }
}

async function limitOf(call: Promise<never>): Promise<unknown> {
  return call.catch((error: unknown) => (error instanceof TimeoutError ? error.timeout : String(error)))
}
