import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(__dirname, '..', '..')

/** The files of the cluster, and of its peers, that an application with these pools has loaded. */
function loadedWith(pools: string): string[] {
  const program = `
    require('reflect-metadata')
    const { NestFactory } = require('@nestjs/core')
    const { PebbleModule } = require('pebble-ts/nestjs')
    const app = NestFactory.createApplicationContext(PebbleModule.forRoot({ pools: ${pools}, shutdownTimeout: 0 }), { logger: false })
    app.then((context) => {
      console.log(JSON.stringify(Object.keys(require.cache)))
      process.exit()
    })`
  const files = JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: ROOT, encoding: 'utf8' })) as string[]
  return files.filter((file) => /node_modules\/(bullmq|ioredis|pg)\/|library\/queue-(pool|worker)/.test(file))
}

test('pebble-ts/cluster and its peers are loaded only for applications with a queue', () => {
  expect(loadedWith(`{ reports: { kind: 'process' } }`)).toEqual([])
  const url = 'redis://127.0.0.1:1'
  expect(loadedWith(`{ reports: { kind: 'queue', connection: '${url}', secret: false } }`)).not.toEqual([])
})
