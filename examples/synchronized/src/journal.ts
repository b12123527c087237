import { appendFile } from 'node:fs/promises'
import { pid } from 'node:process'
import { threadId } from 'node:worker_threads'
import { process, synchronized, thread } from 'pebble-ts'

/** A file to which three bodies append, in threads and in processes. `@synchronized` without an argument uses one lock for all three. */
export class Journal {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  @thread
  @synchronized
  async deposit(number: number): Promise<void> {
    await append(this.path, `deposit ${number}`)
  }

  @thread
  @synchronized
  async withdraw(number: number): Promise<void> {
    await append(this.path, `withdrawal ${number}`)
  }

  @process
  @synchronized
  async audit(number: number): Promise<void> {
    await append(this.path, `audit ${number}`)
  }
}

/** Writes one entry with three writes. Without the lock, other entries would be written in between. */
async function append(path: string, title: string): Promise<void> {
  await appendFile(path, `begin ${title}\n`)
  await appendFile(path, `by ${pid}/${threadId}\n`)
  await appendFile(path, `end ${title}\n`)
}
