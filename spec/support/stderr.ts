/** Keeps what is written to stderr until the end of the test, and prints none of it. */
export function stderr(): () => string {
  const written: string[] = []
  jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written.push(String(chunk))
    return true
  })
  return () => written.join('')
}

afterEach(() => jest.restoreAllMocks())
