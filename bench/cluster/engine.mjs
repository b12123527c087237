/** Starts a Redis or PostgreSQL of its own, in a temporary folder. */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runMigrations } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'

export async function startEngine(kind) {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'))
  const port = await freePort()
  return kind === 'redis' ? await startRedis(folder, port) : await startPostgres(folder, port)
}

async function startRedis(folder, port) {
  const args = ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder]
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  await until(async () => {
    const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
    client.on('error', () => undefined)
    await client.connect()
    client.disconnect()
  })
  return { url, stop: () => end(server, folder) }
}

async function startPostgres(folder, port) {
  const bin = postgresFolder()
  const owner = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' }).stdout.trim()
  const isRoot = process.getuid() === 0
  const as = isRoot ? { uid: Number(owner), gid: Number(owner) } : {}
  if (isRoot) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  spawnSync(join(bin, 'initdb'), ['-A', 'trust', '-U', 'postgres', '-D', data], { ...as, stdio: 'ignore' })
  const args = ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1']
  const server = spawn(join(bin, 'postgres'), args, { ...as, stdio: 'ignore' })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await until(async () => {
    const client = new pg.Client(url)
    await client.connect()
    await runMigrations(client, 'bullmq') // plain BullMQ expects its tables
    await client.end()
  })
  return { url, stop: () => end(server, folder, 'SIGQUIT') }
}

function postgresFolder() {
  const versions = '/usr/lib/postgresql'
  const found = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []
  return found.length > 0 ? join(versions, found[0], 'bin') : ''
}

function end(server, folder, signal = 'SIGTERM') {
  server.kill(signal)
  server.once('exit', () => rmSync(folder, { recursive: true, force: true }))
}

async function until(works) {
  for (let tries = 0; ; tries++) {
    try {
      return await works()
    } catch (error) {
      if (tries === 200) throw error
      await sleep(50)
    }
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
