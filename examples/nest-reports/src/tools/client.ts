/** A client of the HTTP API. For tests and measurements. */
import { Readable } from 'node:stream'
import type { Report } from '../reports/report-jobs.service'
import { sampleOrders } from '../reports/sample'

/** A connection that is kept may be closed by the server at the moment when the next request uses it. */
const headers = { connection: 'close' }

/** Uploads a file and returns the state of its report. */
export async function upload(url: string, csv: string): Promise<Report> {
  const response = await fetch(`${url}/reports`, {
    method: 'POST',
    body: csv,
    headers: { ...headers, 'content-type': 'text/csv' },
  })
  if (!response.ok) throw new Error(`The upload failed with status ${response.status}: ${await response.text()}`)
  return (await response.json()) as Report
}

/** Yields the states of a report by server-sent events, until it has ended. */
export async function* statesOf(url: string, id: string): AsyncGenerator<Report, void> {
  const response = await fetch(`${url}/reports/${id}/events`, { headers })
  if (!response.ok || !response.body) throw new Error(`No events: status ${response.status}`)
  let text = ''
  for await (const chunk of Readable.fromWeb(response.body as never).setEncoding('utf8')) {
    const events = (text + chunk).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (data !== undefined) yield JSON.parse(data) as Report
    }
  }
}

/** The last state of a report. */
export async function outcomeOf(url: string, id: string): Promise<Report> {
  let last: Report | undefined
  for await (const report of statesOf(url, id)) last = report
  if (last === undefined) throw new Error(`No events of report ${id}`)
  return last
}

export const sampleText = (rows: number): string => [...sampleOrders(rows)].join('')
