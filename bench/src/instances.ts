import { thread } from 'pebble-ts'

export class Plain {
  constructor(readonly size = 1) {}

  async first(n: number): Promise<number> {
    return n + this.size
  }

  async second(n: number): Promise<number> {
    return n - this.size
  }

  async third(n: number): Promise<number> {
    return n * this.size
  }
}

export class Decorated {
  constructor(readonly size = 1) {}

  @thread
  async first(n: number): Promise<number> {
    return n + this.size
  }

  @thread
  async second(n: number): Promise<number> {
    return n - this.size
  }

  @thread
  async third(n: number): Promise<number> {
    return n * this.size
  }
}
