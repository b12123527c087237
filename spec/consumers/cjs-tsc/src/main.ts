import { Reports } from './reports'

async function main(): Promise<void> {
  const reports = new Reports()
  const error = await reports.fail().catch((reason: Error & { traceback: string }) => reason)
  const { digest } = Reports.prototype
  console.log(
    JSON.stringify({
      digest: await reports.digest('pebble'),
      size: await reports.size('ünicode'),
      heard: reports.heard,
      version: await Reports.version(),
      error: [error instanceof RangeError, error.message, error.traceback],
      metadata: ['above', 'below'].map((key) => Reflect.getMetadata(key, digest)),
      types: (Reflect.getMetadata('design:paramtypes', Reports.prototype, 'digest') as Function[]).map(
        ({ name }) => name,
      ),
    }),
  )
}

void main()
