import { isDeepStrictEqual } from 'node:util'
import { ProcessExpired, TimeoutError } from 'pebble-ts'
import { listFiles } from './files'
import { Fingerprinter } from './fingerprinter'
import { Mishaps } from './mishaps'
import { readOptions, USAGE } from './options'
import { runPasses, type Pass } from './passes'
import { table } from './table'

const BROTLI_QUALITY = 10 // CPU-bound; at 9 and below, the kernel spends as much time on page faults

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const files = listFiles(options)
  console.log(`SHA-256 and brotli size of ${files.length} files under ${options.root}\n`)

  const passes = await runPasses(new Fingerprinter(options.root, BROTLI_QUALITY), files)
  console.log(`\n${report(passes)}\n`)
  if (agree(passes)) console.log('The three passes agree on every file.')
  else fail('The three passes DISAGREE.')

  await showMishaps()
}

function report(passes: Pass[]): string {
  const head = ['', 'files', 'MB', 'seconds', 'speed-up', 'longest stall of the main event loop']
  const rows = passes.map(({ name, fingerprints, seconds, stall }) => [
    name,
    String(fingerprints.length),
    (fingerprints.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1),
    seconds.toFixed(2),
    `${(passes[0]!.seconds / seconds).toFixed(2)}×`,
    `${stall.toFixed(0)} ms`,
  ])
  return table([head, ...rows])
}

function agree([first, ...others]: Pass[]): boolean {
  return others.every(({ fingerprints }) => isDeepStrictEqual(fingerprints, first!.fingerprints))
}

async function showMishaps(): Promise<void> {
  const mishaps = new Mishaps()
  console.log('\nA body that hangs is stopped by its limit:')
  await expectFailure('@thread', mishaps.hangsInThread(), TimeoutError)
  await expectFailure('@process', mishaps.hangsInProcess(), TimeoutError)
  console.log('\nA body that takes its process down fails its own call, and nothing else:')
  const error = await expectFailure('@process', mishaps.crashes(), ProcessExpired)
  if (error) console.log(`  ${''.padEnd(9)} exit code ${error.exitCode}, pid ${error.pid}`)
  if (error?.exitCode !== 7) fail('Expected exit code 7.')
}

async function expectFailure<E extends Error>(way: string, call: Promise<void>, expected: new (...args: never[]) => E) {
  const start = performance.now()
  const error: unknown = await call.catch((error: unknown) => error)
  const seconds = ((performance.now() - start) / 1000).toFixed(2)
  if (error instanceof expected) {
    console.log(`  ${way.padEnd(9)} ${error.name} after ${seconds} s: ${error.message}`)
    return error
  }
  fail(`  ${way.padEnd(9)} Expected ${expected.name} after ${seconds} s, got ${String(error)}`)
  return undefined
}

function fail(text: string): void {
  console.error(text)
  process.exitCode = 1
}

main().catch((error: unknown) => {
  console.error(error)
  console.error(`\n${USAGE}`)
  process.exitCode = 1
})
