import * as clock from '../../src/utils/clock'

const { setTimeout: startTimer, clearTimeout: stopTimer } = clock
const LONGEST = 2 ** 31 - 1

interface Timer {
  readonly at: number
  readonly fn: () => void
  isRef: boolean
  unref(): this
}

/** Replaces the timers and the monotonic clocks of the library for one test. Time passes only by {@link pass}. */
export class FakeClock {
  #now = 5_000.25
  #timers: Timer[] = []

  constructor() {
    const start = (fn: () => void, ms: number): unknown => {
      if (!(fn instanceof Function)) return startTimer(fn, ms) // a timer of an earlier spec file, which had its own sandbox
      const delay = ms >= 1 && ms <= LONGEST ? Math.trunc(ms) : 1 // as Node does
      const timer: Timer = {
        at: this.#now + delay,
        fn,
        isRef: true,
        unref: () => Object.assign(timer, { isRef: false }),
      }
      this.#timers.push(timer)
      return timer
    }
    jest.spyOn(clock, 'setTimeout').mockImplementation(start as never)
    jest.spyOn(clock, 'clearTimeout').mockImplementation((timer) => {
      if (!this.#timers.includes(timer as never)) stopTimer(timer)
      this.#timers = this.#timers.filter((each) => each !== (timer as unknown))
    })
    jest.spyOn(clock, 'sinceStart').mockImplementation(() => this.#now)
    const hrtime = (): [number, number] => [Math.floor(this.#now / 1e3), (this.#now % 1e3) * 1e6]
    const { bigint } = clock.hrtime
    Object.assign(jest.spyOn(clock, 'hrtime').mockImplementation(hrtime), { bigint })
  }

  /** The ms from now until each pending timer fires, in order. */
  get timers(): number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  /** The number of pending timers that keep the program alive. */
  get held(): number {
    return this.#timers.filter(({ isRef }) => isRef).length
  }

  /** Lets `ms` pass, then runs what is ready to run. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
      await turn()
    }
    this.#now = end
    await turn()
  }

  /** Simulates that this thread was busy for `ms`: timers that are late fire now. */
  async block(ms: number): Promise<void> {
    this.#now += ms
    await this.pass(0)
  }

  #next(end: number): Timer | undefined {
    const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
    return next
  }
}

/** Runs what is ready to run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

afterEach(() => jest.restoreAllMocks())
