/** The output of a body is complete even if its worker dies. */
import { runProgram } from '../support/program'
import '../support/setup'

const LINES = 3_000 // more than a pipe holds

const WAYS = [
  ['thread', 'exit', 'ThreadExpired'],
  ['thread', 'throw', 'RangeError'],
  ['thread', 'cancel', 'AbortError'],
  ['process', 'SIGKILL', 'ProcessExpired'],
  ['process', 'exit', 'ProcessExpired'],
  ['process', 'throw', 'RangeError'],
  ['process', 'cancel', 'AbortError'],
] as const

const numbered = (stream: string): string[] => Array.from({ length: LINES }, (_, n) => `${stream} ${n}`)

test.each(WAYS)('the output of a %s that ends by %s is complete and in order', async (kind, end, name) => {
  const { exitCode, stdout, stderr } = await runProgram('output.mts', {
    env: { KIND: kind, END: end, LINES: `${LINES}` },
  })
  const printed = stdout.trimEnd().split('\n')
  expect(printed.filter((line) => line.startsWith('out'))).toEqual(numbered('out'))
  expect(stderr.trimEnd().split('\n')).toEqual(numbered('err'))
  expect(printed.at(-1)).toBe(`end ${name}`)
  expect(exitCode).toBe(0)
})
