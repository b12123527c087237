import { callbacks, configure, Future, futureOf, process as inProcess, ProcessFuture, thread } from 'pebble-ts'

/** Holds calls until it is opened. They run in eager mode: only the caller's side is tested here. */
class Gate {
  calls = 0
  #open: Array<() => void> = []

  async pass(): Promise<number> {
    this.calls += 1
    const call = this.calls
    await new Promise<void>((resolve) => this.#open.push(resolve))
    return call
  }

  open(): void {
    for (const resolve of this.#open.splice(0)) resolve()
  }
}

const gate = new Gate()

class Service {
  @thread({ memoize: true })
  async square(n: number): Promise<{ n: number }> {
    gate.calls += 1
    return { n: n * n }
  }

  @thread({ memoize: true })
  async slow(_n: number): Promise<number> {
    return gate.pass()
  }

  @thread({ memoize: true })
  async fails(): Promise<number> {
    gate.calls += 1
    throw new Error(`failure ${gate.calls}`)
  }

  @thread({ memoize: { maxSize: 2 } })
  async few(_n: number): Promise<number> {
    return (gate.calls += 1)
  }

  @thread({ memoize: { ttl: 20 } })
  async shortly(): Promise<number> {
    return (gate.calls += 1)
  }

  @thread({ memoize: { key: (text: string) => text.toLowerCase() } })
  async byKey(text: string): Promise<string> {
    return text
  }

  @thread({
    memoize: {
      key: ({ id }: { id: string }) => {
        if (!id) throw new RangeError('no id')
        return id
      },
    },
  })
  async slowByKey(_job: { id: string }): Promise<number> {
    return gate.pass()
  }

  @thread({
    memoize: {
      key: () => {
        throw new RangeError('no key')
      },
    },
  })
  async withoutKey(): Promise<void> {}

  @inProcess({ memoize: true })
  async inProcess(): Promise<number> {
    return (gate.calls += 1)
  }

  @thread({ memoize: true })
  static async static(): Promise<number> {
    return (gate.calls += 1)
  }
}

describe('memoize', () => {
  let service: Service

  beforeAll(() => configure({ eager: true }))
  afterAll(() => configure({ eager: undefined }))
  beforeEach(() => {
    gate.calls = 0
    service = new Service()
  })

  it('runs a body once for the same arguments', async () => {
    const first = await service.square(3)
    await expect(service.square(3)).resolves.toBe(first)
    await expect(service.square(4)).resolves.toEqual({ n: 16 })
    expect(gate.calls).toBe(2)
  })

  it('returns a remembered result as a future that is done, with its own number and id', async () => {
    const first = futureOf(service.square(3))
    await first
    const second = futureOf(service.square(3))
    expect(second.done()).toBe(true)
    expect(second.number).toBe(first.number + 1)
    expect(second.id).not.toBe(first.id)
    expect(second.cancel()).toBe(false)
  })

  it('keeps the results of instances apart', async () => {
    await service.square(3)
    await new Service().square(3)
    expect(gate.calls).toBe(2)
  })

  it('remembers results of static methods and functions', async () => {
    await Service.static()
    await expect(Service.static()).resolves.toBe(1)
    const wrapped = thread(async (_n: number) => (gate.calls += 1), { memoize: true })
    await wrapped(5)
    await expect(wrapped(5)).resolves.toBe(2)
  })

  it('returns process futures for processes', async () => {
    await service.inProcess()
    expect(service.inProcess()).toBeInstanceOf(ProcessFuture)
    await expect(service.inProcess()).resolves.toBe(1)
  })

  it('does not remember failures', async () => {
    await expect(service.fails()).rejects.toThrow('failure 1')
    await expect(service.fails()).rejects.toThrow('failure 2')
  })

  it('lets a call with the same arguments wait for the running one', async () => {
    const both = [futureOf(service.slow(1)), futureOf(service.slow(1))]
    expect(both[0]).not.toBe(both[1])
    expect(both.map((future) => future.running())).toEqual([true, true])
    gate.open()
    await expect(Promise.all(both)).resolves.toEqual([1, 1])
    expect(gate.calls).toBe(1)
  })

  it('lets a waiting call fail with the running one', async () => {
    const both = [service.fails(), service.fails()]
    const outcomes = await Promise.allSettled(both)
    expect(outcomes.map((outcome) => String((outcome as PromiseRejectedResult).reason))).toEqual([
      'Error: failure 1',
      'Error: failure 1',
    ])
  })

  it('runs a waiting call if the running one is cancelled', async () => {
    const first = futureOf(service.slow(1))
    const [second, third] = [futureOf(service.slow(1)), futureOf(service.slow(1))]
    expect(first.cancel()).toBe(true)
    expect([second.done(), third.done()]).toEqual([false, false])
    gate.open()
    await expect(second).resolves.toBe(2)
    await expect(third).resolves.toBe(2)
  })

  it('does not cancel the running call if a waiting one is cancelled', async () => {
    const first = futureOf(service.slow(1))
    const second = futureOf(service.slow(1))
    expect(second.cancel()).toBe(true)
    await expect(second).rejects.toMatchObject({ code: 'ERR_PEBBLE_CANCELLED' })
    gate.open()
    await expect(first).resolves.toBe(1)
  })

  it('runs the callbacks of every call', async () => {
    const heard: unknown[] = []
    callbacks(service, 'slow').callback = (_id, n) => heard.push(n)
    const both = [service.slow(1), service.slow(1)]
    gate.open()
    await Promise.all(both)
    await service.slow(1)
    expect(heard).toEqual([1, 1, 1])
  })

  it('drops the least recently used of more than maxSize results', async () => {
    for (const n of [1, 2, 1, 3]) await service.few(n)
    expect(gate.calls).toBe(3)
    await expect(service.few(1)).resolves.toBe(1)
    await expect(service.few(2)).resolves.toBe(4)
  })

  it('drops a result after ttl ms', async () => {
    await expect(service.shortly()).resolves.toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 40))
    await expect(service.shortly()).resolves.toBe(2)
  })

  it('compares calls by the `key` function', async () => {
    await expect(service.byKey('A')).resolves.toBe('A')
    await expect(service.byKey('a')).resolves.toBe('A')
  })

  it('rejects a waiting call if the `key` function refuses its arguments, which have changed meanwhile', async () => {
    const job = { id: 'a' }
    const first = futureOf(service.slowByKey(job))
    const second = futureOf(service.slowByKey(job))
    job.id = ''
    expect(first.cancel()).toBe(true)
    await expect(second).rejects.toThrow(new RangeError('no id'))
    gate.open()
  })

  it('rejects with the error of the `key` function', async () => {
    const future = futureOf(service.withoutKey())
    expect(future).toBeInstanceOf(Future)
    await expect(future).rejects.toThrow(new RangeError('no key'))
  })
})
