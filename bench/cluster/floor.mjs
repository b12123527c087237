// Plain BullMQ: `node floor.mjs worker|caller <connection> <queue>`.
import { createPostgresBackend, Queue, QueueEvents, Worker } from 'bullmq'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { measureRates } from './rates.mjs'

const [role, url, name] = process.argv.slice(2)
const isRedis = url.startsWith('redis')
const backend = isRedis ? [] : [createPostgresBackend]
const connect = () => (isRedis ? new Redis(url, { maxRetriesPerRequest: null }) : url)
/** How long a caller waits for an event until it reads the job, in ms. */
const READ_AFTER = 200
const concurrency = Number(process.env.CONCURRENCY ?? 32)

if (role === 'worker') {
  const worker = new Worker(
    name,
    (job) => Promise.resolve(job.data.a + job.data.b),
    { connection: connect(), concurrency },
    ...backend,
  )
  await worker.waitUntilReady()
  process.send('ready')
} else {
  const queue = new Queue(name, { connection: connect(), streams: { events: { maxLen: 10_000 } } }, ...backend)
  const events = new QueueEvents(name, { connection: connect() }, ...backend)
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
  const waiting = new Map()
  const settle = (jobId, value) => {
    waiting.get(jobId)?.(value)
    waiting.delete(jobId)
  }
  events.on('completed', ({ jobId, returnvalue }) => settle(jobId, returnvalue))
  if (!isRedis) readSkipped()
  let count = 0
  let unsent = []
  const call = () =>
    new Promise((resolve) => {
      const jobId = `${process.pid}-${count++}`
      waiting.set(jobId, resolve)
      unsent.push({ name: 'add', data: { a: 1, b: 2 }, opts: { jobId, removeOnComplete: { age: 3600 } } })
      if (unsent.length === 1)
        setImmediate(() => {
          const jobs = unsent
          unsent = []
          queue.addBulk(jobs)
        })
    })
  process.send(await measureRates(call))

  /** On PostgreSQL, QueueEvents skips events that commit late. So the jobs of calls that were not heard of are read. */
  async function readSkipped() {
    for (;;) {
      const before = [...waiting.keys()]
      await sleep(READ_AFTER)
      for (const id of before) {
        const job = waiting.has(id) && (await queue.getJob(id))
        if (job && job.finishedOn) settle(id, job.returnvalue)
      }
    }
  }
}
