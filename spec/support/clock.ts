import * as clock from '../../src/utils/clock'

const { setTimeout: startTimer, clearTimeout: stopTimer } = clock
const LONGEST = 2 ** 31 - 1

interface Timer {
  readonly at: number
  readonly fn: () => void
  held: boolean
  unref(): this
}

/** The timers and the monotonic clocks of the library, for one test: time passes by {@link pass} alone. */
export class FakeClock {
  #now = 5_000.25
  #timers: Timer[] = []

  constructor() {
    const start = (fn: () => void, ms: number): unknown => {
      if (!(fn instanceof Function)) return startTimer(fn, ms) // of a spec file that ran before, in a sandbox of its own
      const delay = ms >= 1 && ms <= LONGEST ? Math.trunc(ms) : 1 // as Node does
      const timer: Timer = { at: this.#now + delay, fn, held: true, unref: () => Object.assign(timer, { held: false }) }
      this.#timers.push(timer)
      return timer
    }
    jest.spyOn(clock, 'setTimeout').mockImplementation(start as never)
    jest.spyOn(clock, 'clearTimeout').mockImplementation((timer) => {
      if (!this.#timers.includes(timer as never)) stopTimer(timer)
      this.#timers = this.#timers.filter((each) => each !== (timer as unknown))
    })
    jest.spyOn(clock, 'now').mockImplementation(() => this.#now)
    const hrtime = (): [number, number] => [Math.floor(this.#now / 1e3), (this.#now % 1e3) * 1e6]
    jest.spyOn(clock, 'hrtime').mockImplementation(hrtime)
  }

  /** When those that have not gone off will, in ms from now; the first first. */
  get timers(): number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  /** How many of them keep the program alive. */
  get held(): number {
    return this.#timers.filter(({ held }) => held).length
  }

  /** Lets `ms` pass, then what is ready to run. */
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

  /** This thread was busy for so long: what should have gone off meanwhile does so now. */
  async block(ms: number): Promise<void> {
    this.#now += ms
    await this.pass(0)
  }

  #next(end: number): Timer | undefined {
    const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
    return next
  }
}

/** Lets what is ready to run do so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

afterEach(() => jest.restoreAllMocks())
