import { createRequire } from 'node:module'
import * as root from 'pebble-ts'
import { thread as concurrentThread } from 'pebble-ts/concurrent'
import { thread as asynchronousThread } from 'pebble-ts/asynchronous'
import { formatter, Reports } from './reports.js'

const reports = new Reports()
const pages: string[] = []
for await (const page of reports.pages(2)) pages.push(page)
const size = reports.size('ünicode')
const error = await reports.fail().catch((reason: Error & { traceback: string }) => reason)
const required = createRequire(import.meta.url)('pebble-ts') as typeof root
console.log(
  JSON.stringify({
    digest: await reports.digest('pebble'),
    size: await size,
    ownProcess: size.pid !== process.pid,
    format: await formatter.format(5),
    version: await Reports.version(),
    pages,
    error: [error instanceof RangeError, error.message, error.traceback],
    oneInstance: required.thread === root.thread && root.thread === concurrentThread && root.Future === required.Future,
    flavours: (asynchronousThread as unknown) !== concurrentThread,
  }),
)
