import 'reflect-metadata'
import { createHash } from 'node:crypto'
import { callbacks, process as inProcess, thread } from 'pebble-ts'

const SetMetadata =
  (key: string, value: unknown): MethodDecorator =>
  (_target, _name, descriptor) =>
    Reflect.defineMetadata(key, value, descriptor.value as object)

export class Reports {
  heard: string[] = []
  private readonly unit = 'bytes'

  constructor() {
    callbacks(this, this.size).callback = this.done
  }

  @SetMetadata('above', 1)
  @thread()
  @SetMetadata('below', 2)
  async digest(text: string): Promise<string> {
    return createHash('sha256').update(text).digest('hex')
  }

  @inProcess({ timeout: 20_000 })
  async size(text: string): Promise<string> {
    return `${Buffer.byteLength(text)} ${this.unit}`
  }

  @thread
  async fail(): Promise<never> {
    throw new RangeError('no report')
  }

  @thread
  static async version(): Promise<number> {
    return 1
  }

  private done(_id: string, result: string): void {
    this.heard.push(result)
  }
}
