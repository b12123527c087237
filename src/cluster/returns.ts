/** Gives jobs back that were picked up and have not started: the hooks of `PickUps` for BullMQ. */
import type { Queue } from './bullmq'
import type { JobData } from './engine'
import { dataOf } from './job-records'

export class Returns {
  readonly #queue: Queue
  readonly #lease: number
  /** The number of requeues of each job that is being given back, this one included. Repeated attempts count as one. */
  readonly #counts = new Map<string, number>()

  constructor(queue: Queue, lease: number) {
    this.#queue = queue
    this.#lease = lease
  }

  async active(): Promise<readonly string[]> {
    return await this.#queue.getRanges(['active'])
  }

  async locked(ids: readonly string[], token: string): Promise<readonly string[]> {
    const tokens = ids.map(() => token)
    const others = await this.#queue.backend.extendLocks([...ids], tokens, this.#lease)
    return ids.filter((id) => !others.includes(id))
  }

  /** The lease was renewed just now, so nothing else changes the job meanwhile. */
  async giveBack(id: string, token: string): Promise<void> {
    const job = await this.#queue.getJob(id)
    if (!job) return
    const data = dataOf(job)
    const key = `${id} ${token}`
    const count = this.#counts.get(key) ?? (data.b ?? 0) + 1
    this.#counts.set(key, count)
    await job.updateData({ ...data, b: count } satisfies Partial<JobData>)
    await job.moveToWait(token)
    this.#counts.delete(key)
  }
}
