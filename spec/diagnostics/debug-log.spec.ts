import { scratchFile } from '../support/gate'
import { runProgram } from '../support/program'
import { settled } from '../support/until'

const run = async (env: Record<string, string>): Promise<string[]> => {
  const { stderr } = await settled(runProgram('traced.mts', { args: [scratchFile('trace.json')], env }))
  return stderr.split('\n').filter((line) => line.startsWith('PEBBLE'))
}
const CALL =
  /^PEBBLE \d+: `add` of traced\.mts #1 (queued in .*|started in worker \d+ \(thread \d+\) after [\d.]+ ms|finished after [\d.]+ ms)$/
const WORKER = /^PEBBLE \d+: worker \d+ of .* starts$/

test('PEBBLE_DEBUG=1 logs calls and workers', async () => {
  const lines = await run({ PEBBLE_DEBUG: '1' })
  expect(lines.filter((line) => CALL.test(line))).toHaveLength(3)
  expect(lines.filter((line) => WORKER.test(line)).length).toBeGreaterThan(0)
})

test('PEBBLE_DEBUG=workers logs workers only', async () => {
  const lines = await run({ PEBBLE_DEBUG: 'workers' })
  expect(lines.filter((line) => WORKER.test(line)).length).toBeGreaterThan(0)
  expect(lines.filter((line) => line.includes('#1'))).toEqual([])
})

test('NODE_DEBUG=pebble does the same', async () => {
  const lines = await run({ NODE_DEBUG: 'pebble' })
  expect(lines.filter((line) => CALL.test(line))).toHaveLength(3)
})

test.each([undefined, '', '0'])('PEBBLE_DEBUG=%s logs nothing', async (value) => {
  expect(await run(value === undefined ? {} : { PEBBLE_DEBUG: value })).toEqual([])
})
