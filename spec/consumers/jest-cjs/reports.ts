import { process as inProcess, serializable, thread } from 'pebble-ts'

@serializable
export class NoReport extends Error {}

export class Reports {
  unit = 'bytes'

  @thread async inThread(text: string): Promise<string> {
    return `${text.length} ${this.unit}`
  }

  @inProcess async inProcess(text: string): Promise<{ size: Map<string, number>; pid: number }> {
    return { size: new Map([[this.unit, text.length]]), pid: process.pid }
  }

  @thread async fail(): Promise<never> {
    throw new NoReport('no report')
  }

  @thread async failBuiltIn(): Promise<never> {
    throw new TypeError('no type')
  }

  summary(text: string): Promise<string> {
    return this.inThread(text)
  }
}
