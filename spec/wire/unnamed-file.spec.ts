import fs, { closeSync, fstatSync, readdirSync, readSync } from 'node:fs'
import { openUnnamed } from '../../src/wire/unnamed-file'

const SIZE = 66 * 1024

afterEach(() => jest.restoreAllMocks())

const descriptors = (): number => readdirSync('/proc/self/fd').length
const failure = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code })

test('a file is allocated whole, with zeros, and has no name', () => {
  const fd = openUnnamed(SIZE)
  const { size, blocks, nlink } = fstatSync(fd)
  expect({ size, nlink }).toEqual({ size: SIZE, nlink: 0 })
  expect(blocks * 512).toBeGreaterThanOrEqual(SIZE)
  const bytes = Buffer.alloc(SIZE, 1)
  expect(readSync(fd, bytes, 0, SIZE, 0)).toBe(SIZE)
  expect(bytes.every((byte) => byte === 0)).toBe(true)
  closeSync(fd)
})

test('a file is made in the next folder if one has no room, and nothing is left in the first', () => {
  const { writeSync, openSync } = fs
  const paths: string[] = []
  let writes = 0
  jest.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
    paths.push(String(path))
    return openSync(path, ...rest)
  })
  jest.spyOn(fs, 'writeSync').mockImplementation((...args: Parameters<typeof writeSync>) => {
    if (writes++ === 0) throw failure('ENOSPC')
    return writeSync(...args)
  })
  const before = descriptors()
  const fd = openUnnamed(SIZE)
  expect(paths).toHaveLength(2)
  expect(paths[0]).toMatch(/^\/dev\/shm\//)
  expect(paths[1]).not.toMatch(/^\/dev\/shm\//)
  expect(descriptors()).toBe(before + 1)
  for (const path of paths) expect(fs.existsSync(path)).toBe(false)
  closeSync(fd)
})

test('a file is allocated to the end, even if it is written in parts', () => {
  const { writeSync } = fs
  jest.spyOn(fs, 'writeSync').mockImplementation(((fd: number, bytes: Buffer, at: number, length: number, position: number) =>
    writeSync(fd, bytes, at, Math.min(length, 1_000), position)) as never) // prettier-ignore
  const fd = openUnnamed(SIZE)
  expect(fstatSync(fd).size).toBe(SIZE)
  closeSync(fd)
})

test.each(['openSync', 'writeSync'] as const)(
  'if %s fails in all folders, the error lists them with the reasons',
  (name) => {
    jest.spyOn(fs, name).mockImplementation(() => {
      throw failure('ENOSPC')
    })
    const before = descriptors()
    const message = /^No file of 67584 bytes can be made in \/dev\/shm \(ENOSPC\), .* \(ENOSPC\)\.$/
    const thrown = ((): unknown => {
      try {
        return openUnnamed(SIZE)
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toMatchObject({ message: expect.stringMatching(message) as string, code: 'ENOSPC', cause: { code: 'ENOSPC' } }) // prettier-ignore
    expect(descriptors()).toBe(before)
  },
)
