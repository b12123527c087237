import { isMainThread } from 'node:worker_threads'
import '../support/setup'
import {
  asynchronous,
  callbacks,
  configure,
  currentTask,
  futureOf,
  process as inProcess,
  ProcessFuture,
  thread,
} from 'pebble-ts'

class Service {
  readonly log: string[] = []
  readonly dependency = { read: jest.fn(async (n: number) => n * 2) }

  @thread({ timeout: 1 })
  async read(n: number): Promise<number> {
    this.log.push(`read ${n}`)
    return this.dependency.read(n)
  }

  @inProcess
  async readInProcess(n: number): Promise<number> {
    return this.dependency.read(n)
  }

  @thread
  throwing(): Promise<never> {
    throw new RangeError('thrown, not rejected')
  }

  @thread
  async *values(count: number): AsyncGenerator<number> {
    for (let n = 0; n < count; n++) yield this.read(n)
  }

  @thread
  async waits(): Promise<string> {
    const { id, signal } = currentTask()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    this.log.push(`aborted ${id}`)
    return 'never seen'
  }

  @asynchronous.thread
  async later(): Promise<number> {
    return 3
  }
}

const where = inProcess(async () => process.pid)

describe.each([
  ['configure({ eager: true })', () => configure({ eager: true }), () => configure({ eager: undefined })],
  ['PEBBLE_EAGER=1', () => (process.env.PEBBLE_EAGER = '1'), () => delete process.env.PEBBLE_EAGER],
])('with %s', (_title, on, off) => {
  let service: Service

  beforeAll(() => void on())
  afterAll(() => void off())
  beforeEach(() => (service = new Service()))

  it('bodies run on the instance itself, with its mocks', async () => {
    await expect(service.read(4)).resolves.toBe(8)
    expect(service.dependency.read).toHaveBeenCalledWith(4)
    expect(service.log).toEqual(['read 4'])
    expect(isMainThread).toBe(true)
  })

  it('calls return futures of their kind, which are not done at once', async () => {
    const future = futureOf(service.readInProcess(1))
    expect(future).toBeInstanceOf(ProcessFuture)
    expect((future as ProcessFuture<number>).pid).toBe(process.pid)
    expect([future.done(), future.running()]).toEqual([false, true])
    await future
    expect([future.done(), future.running()]).toEqual([true, false])
  })

  it('the error that a body throws rejects the future', async () => {
    await expect(service.throwing()).rejects.toThrow(new RangeError('thrown, not rejected'))
  })

  it('limits do not apply', async () => {
    service.dependency.read.mockImplementation(
      (n: number) => new Promise((resolve) => setTimeout(() => resolve(n), 30)),
    )
    await expect(service.read(5)).resolves.toBe(5)
  })

  it('callbacks run', async () => {
    const heard: unknown[] = []
    callbacks(service, 'read').callback = (id, n) => heard.push([id, n])
    const future = futureOf(service.read(1))
    await future
    expect(heard).toEqual([[future.id, 2]])
  })

  it('done-callbacks of asynchronous futures run in a later turn', async () => {
    const future = futureOf(service.later())
    const heard: string[] = []
    future.addDoneCallback(() => heard.push('done'))
    await future
    expect(heard).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard).toEqual(['done'])
  })

  it('a cancelled call rejects, and the signal of its body aborts', async () => {
    const future = futureOf(service.waits())
    expect(future.cancel()).toBe(true)
    await expect(future).rejects.toMatchObject({
      code: 'ERR_PEBBLE_CANCELLED',
      message: '`waits` of configure.spec.ts was cancelled.',
    })
    await Promise.resolve()
    expect(service.log).toEqual([`aborted ${future.id}`])
  })

  it('generators yield the values of their body', async () => {
    const values: number[] = []
    for await (const value of service.values(3)) values.push(value)
    expect(values).toEqual([0, 2, 4])
  })
})

describe('configure', () => {
  it('refuses unknown settings and values of the wrong type', () => {
    expect(() => configure({ egaer: true } as never)).toThrow(
      new TypeError('Unknown option `egaer`; did you mean `eager`?'),
    )
    expect(() => configure({ eager: 1 } as never)).toThrow(
      new TypeError('Expected `eager` to be a boolean, got `1` (number)'),
    )
  })

  it('takes precedence over the environment', async () => {
    process.env.PEBBLE_EAGER = '1'
    configure({ eager: false })
    try {
      await expect(where()).resolves.not.toBe(process.pid)
    } finally {
      delete process.env.PEBBLE_EAGER
      configure({ eager: undefined })
    }
  })
})
