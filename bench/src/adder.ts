import { process, thread } from 'pebble-ts'

export class Adder {
  @thread
  async inThread(a: number, b: number): Promise<number> {
    return a + b
  }

  @process
  async inProcess(a: number, b: number): Promise<number> {
    return a + b
  }
}
