import { createHash } from 'node:crypto'
import { callbacks, process as inProcess, serializable, thread } from 'pebble-ts'

@serializable
export class NoReport extends Error {
  constructor(
    message: string,
    readonly page: number,
  ) {
    super(message)
  }
}

export class Reports {
  readonly heard: string[] = []

  constructor(readonly unit: string) {
    callbacks(this, this.size).callback = this.done
  }

  @thread
  async digest(text: string): Promise<string> {
    return createHash('sha256').update(text).digest('hex')
  }

  @inProcess
  async size(text: string): Promise<string> {
    return `${Buffer.byteLength(text)} ${this.unitOf()}`
  }

  @thread
  async sizeInThread(text: string): Promise<string> {
    return `${Buffer.byteLength(text)} ${this.unitOf()}`
  }

  @thread
  async failInThread(): Promise<never> {
    throw new NoReport('no report', 7) // in a thread
  }

  @inProcess
  async failInProcess(): Promise<never> {
    throw new NoReport('no report', 7) // in a process
  }

  @thread({ timeout: 200 })
  async endlessInThread(): Promise<never> {
    for (;;);
  }

  @inProcess({ timeout: 200 })
  async endlessInProcess(): Promise<never> {
    for (;;);
  }

  unitOf(): string {
    return this.unit
  }

  private done(_id: string, size: string): void {
    this.heard.push(size)
  }
}
