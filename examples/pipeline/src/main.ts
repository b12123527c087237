import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { iterqueue, pool, type WorkerPool } from 'pebble-ts/workers'
import { download, type Checksum } from './bodies'
import { serveFiles } from './file-server'

/** Serves the files of a folder, downloads them in threads, and computes their checksums in processes. */
async function main(): Promise<void> {
  const source = resolve(process.argv[2] ?? join(__dirname, '../../../src/wire'))
  const names = readdirSync(source, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
  const target = mkdtempSync(join(tmpdir(), 'pipeline-'))
  const { url, server } = await serveFiles(source)
  try {
    const { outbox, errbox } = await run(
      [...names, 'no-such-file'].map((name) => `${url}/${name}`),
      target,
    )
    for await (const { name, size, sha256 } of iterqueue<Checksum>(outbox)) {
      const same = sha256 === digest(join(source, name))
      console.log(`${same ? 'ok' : 'DIFFERS'}  ${sha256.slice(0, 16)}  ${size} bytes  ${name}`)
      if (!same) process.exitCode = 1
    }
    for await (const error of iterqueue<Error>(errbox)) console.log(`failed: ${error.message.replace(url, '')}`)
  } finally {
    server.close()
    rmSync(target, { recursive: true })
  }
}

/** The outbox of `downloads` is the inbox of `checksums`. Both pools use the same errbox. */
async function run(urls: readonly string[], target: string): Promise<Pick<WorkerPool, 'outbox' | 'errbox'>> {
  await using downloads = pool(4, { suffix: 'download' })
  const { outbox: inbox, errbox } = downloads
  await using checksums = pool(2, { inbox, errbox, kind: 'process', suffix: 'checksum' })
  for (const url of urls) await downloads.inbox.put([download, [url, target]])
  await downloads.exile() // now all results are in the inbox of `checksums`
  await checksums.exile()
  return checksums
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

void main()
