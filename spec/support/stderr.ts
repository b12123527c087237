/** Records what is written to stderr until the end of the test, instead of printing it. */
export function stderr(): () => string {
  const written: string[] = []
  jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written.push(String(chunk))
    return true
  })
  return () => written.join('')
}

afterEach(() => jest.restoreAllMocks())
