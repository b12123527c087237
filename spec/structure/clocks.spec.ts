import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const source = join(__dirname, '../../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Where `pattern` stands in the code of the files outside `allowed`; comments do not count. */
function uses(pattern: RegExp, ...allowed: string[]): string[] {
  return files.filter((file) => {
    const code = readFileSync(join(source, file), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '')
    return !allowed.includes(file.replaceAll('\\', '/')) && pattern.test(code)
  })
}

const CLOCK = 'utils/clock.ts'
const TIMER = 'utils/after.ts'
/** The text of a thread of its own, with timers of its own. */
const WATCHDOG = 'worker/watchdog.ts'

test('finds what it looks for', () => {
  expect(uses(/\bsetTimeout\(/, WATCHDOG)).toEqual([join('utils', 'after.ts')])
})

describe('fake timers of a test stop nothing: only utils/clock.ts uses', () => {
  test.each([
    ['the timers of Node', /['"](?:node:)?timers(?:\/promises)?['"]/],
    ['the monotonic clocks', /\bperformance\b[^'"]*['"](?:node:)?perf_hooks|\bperformance\.|\bprocess\.hrtime\b/],
    ['the time of day', /\bDate\.now\b|\bnew Date\(\)/],
    ['the queues of the event loop', /\bprocess\.nextTick\b|\bqueueMicrotask\b|^import .*['"]node:process['"]/m],
    ['timers by another name', /\bAbortSignal\.timeout\b|\bscheduler\.(?:wait|yield)\b/],
  ])('%s', (_what, pattern) => {
    expect(uses(pattern, CLOCK, WATCHDOG)).toEqual([])
  })

  test('immediates, which all others import from there', () => {
    const importing = /import \{[^}]*\b(?:set|clear)Immediate\b[^}]*\} from '(?:(?:\.\.\/)+utils|\.)\/clock'/
    const using = uses(/\b(?:set|clear)Immediate\b/, CLOCK, WATCHDOG)
    expect(using).not.toEqual([])
    expect(using.filter((file) => !uses(importing).includes(file))).toEqual([])
  })
})

test('a duration may be of any length: only utils/after.ts starts timers', () => {
  expect(uses(/\b(?:set|clear)(?:Timeout|Interval)\b/, CLOCK, TIMER, WATCHDOG)).toEqual([])
})
