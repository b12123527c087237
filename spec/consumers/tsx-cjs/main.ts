/** A script without a guard, as CommonJS module. */
import { process as inProcess, thread } from 'pebble-ts'

enum Unit {
  Bytes = 'bytes',
}

class Reports {
  unit = Unit.Bytes

  @thread async inThread(text: string): Promise<string> {
    return suffix(`${text.length} ${this.unit}`)
  }

  @inProcess async inProcess(text: string): Promise<string> {
    return suffix(`${text.length} ${this.unit}`)
  }

  @thread async fail(): Promise<never> {
    throw new RangeError('no report')
  }
}

const END = '!'
const suffix = (text: string): string => `${text}${END}`

async function main(): Promise<void> {
  const reports = new Reports()
  const results = [await reports.inThread('pebble'), await reports.inProcess('pebbles')]
  const error = await reports.fail().catch((reason: Error & { traceback: string }) => reason)
  console.log(JSON.stringify({ results, error: [error instanceof RangeError, error.message, error.traceback] }))
}

void main()
