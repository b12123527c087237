/**
 * The calls that a worker machine may have at the same time, if it takes those of several queues. Each queue has a worker
 * of BullMQ, whose own limit knows nothing of the other queues. First come, first served.
 */
export class Slots {
  #free: number
  #waiting: Array<(taken: boolean) => void> = []
  #isClosed = false

  constructor(count: number) {
    this.#free = count
  }

  /** Takes a slot if one is free. Then nothing waits for one. */
  tryTake(): boolean {
    if (this.#free === 0 || this.#isClosed) return false
    this.#free -= 1
    return true
  }

  /** Resolves to whether a slot was taken: not if the machine closes meanwhile. */
  take(): Promise<boolean> {
    if (this.tryTake() || this.#isClosed) return Promise.resolve(!this.#isClosed)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next) next(true)
    else this.#free += 1
  }

  /** Gives no more slots. */
  close(): void {
    this.#isClosed = true
    for (const resolve of this.#waiting.splice(0)) resolve(false)
  }
}

/**
 * The slots that the jobs of one queue have. A slot is taken for a token, before it is known whether there is a job, and
 * then belongs to the job that was picked up with the token.
 */
export class JobSlots {
  readonly #slots: Slots | undefined
  readonly #tokens = new Set<string>()
  readonly #jobs = new WeakSet<object>()

  /** @param slots `undefined`: the queue is the only one of its machine, so BullMQ's own limit is enough */
  constructor(slots: Slots | undefined) {
    this.#slots = slots
  }

  /** Whether there is a slot for the token now. */
  tryTake(token: string): boolean {
    if (this.#slots === undefined || this.#tokens.has(token)) return true
    return this.#slots.tryTake() && Boolean(this.#tokens.add(token))
  }

  async take(token: string): Promise<boolean> {
    const isTaken = (await this.#slots?.take()) ?? true
    if (isTaken && this.#slots) this.#tokens.add(token)
    return isTaken
  }

  /** Gives the slot of the token to the job of the request, or back if there is none. */
  async during<T extends object>(token: string, request: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      const job = await request()
      if (job && this.#tokens.delete(token)) this.#jobs.add(job)
      return job
    } finally {
      this.giveBack(token)
    }
  }

  giveBack(token: string): void {
    if (this.#tokens.delete(token)) this.#slots?.release()
  }

  /** The body of the job is over. */
  release(job: object): void {
    if (this.#jobs.delete(job)) this.#slots?.release()
  }
}
