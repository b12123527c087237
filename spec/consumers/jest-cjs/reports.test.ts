import { futureOf, thread } from 'pebble-ts'
import { NoReport, Reports } from './reports'

class InTheTestFile {
  @thread async double(n: number): Promise<number> {
    return n * 2
  }
}

describe('reports', () => {
  const reports = new Reports()
  afterEach(() => jest.restoreAllMocks())

  test('run in threads and processes', async () => {
    expect(await reports.inThread('pebble')).toBe('6 bytes')
    const { size, pid } = await reports.inProcess('pebble')
    expect(size).toBeInstanceOf(Map)
    expect(size).toEqual(new Map([['bytes', 6]]))
    expect(pid).not.toBe(process.pid)
  })

  test('fail with classes of this realm', async () => {
    await expect(reports.fail()).rejects.toBeInstanceOf(NoReport)
    await expect(reports.failBuiltIn()).rejects.toThrow(TypeError)
    await expect(reports.failBuiltIn()).rejects.toBeInstanceOf(Error)
  })

  test('can be spied on, through the prototype', async () => {
    jest.spyOn(Reports.prototype, 'inThread').mockResolvedValue('a mock')
    expect(await reports.summary('pebble')).toBe('a mock')
    expect(await new Reports().inThread('pebble')).toBe('a mock')
  })

  test('work under fake timers', async () => {
    jest.useFakeTimers()
    try {
      expect(await reports.inThread('pebble')).toBe('6 bytes')
    } finally {
      jest.useRealTimers()
    }
  })

  test('work after jest.resetModules()', async () => {
    jest.resetModules()
    const again = await import('./reports')
    expect(again.Reports).not.toBe(Reports)
    expect(await new again.Reports().inThread('pebble')).toBe('6 bytes')
    expect(await reports.inThread('pebbles')).toBe('7 bytes')
  })

  test('may be defined in the test file', async () => {
    const future = futureOf(new InTheTestFile().double(21))
    expect(await future).toBe(42)
  })
})
