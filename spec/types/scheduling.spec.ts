/** The types of `schedule`, `submit` and `map`, and of `asCompleted`, as the compiler sees them. */
import { compile } from './compile'

const HEAD = `import { asCompleted, task, Future, ProcessPool, ThreadPool } from 'pebble-ts'
export const add = task((a: number, b: number) => a + b)
export const optional = task((a: number, b?: string) => [a, b])
export const none = task(() => 1)
export const named = task((a: number, options: { x: number }) => [a, options])
export const rest = task((...numbers: number[]) => numbers.length)
declare const pool: ThreadPool
declare const processes: ProcessPool
declare const either: ThreadPool | ProcessPool
declare const atTimes: ((text: string) => string) | ((text: string) => Promise<string>)
export const pools = [asCompleted, Future, pool, processes, either, atTimes]
`

const accepted = [
  'void pool.schedule(add, { args: [1, 2] })',
  'void processes.schedule(add, { args: [1, 2], timeout: 5 })',
  'void pool.schedule(optional, { args: [1] })',
  "void pool.schedule(optional, { args: [1, 'x'] })",
  'void pool.schedule(none)',
  'void pool.schedule(none, { timeout: 5 })',
  'void pool.schedule(rest)',
  'void pool.schedule(rest, { args: [1, 2, 3] })',
  'void pool.schedule(named, { args: [1, { x: 1 }] })',
  'void pool.schedule(named, { args: [1], kwargs: { x: 1 } })',
  'const pair = [1, 2] as const; void pool.schedule(add, { args: pair })',
  'for await (const future of asCompleted([pool.schedule(none)])) { const one: Future<number> = future; one.cancel() }',
  'for await (const future of asCompleted([processes.schedule(none)])) { const pid: number | null = future.pid; void pid }',
  // TypeScript remembers what the first loop over a type found out, so the loops after it are another case.
  'for await (const future of asCompleted(new Set([pool.schedule(none)]))) { const one: Future<number> = future; one.cancel() }',
  'const all = [pool.schedule(none)] as const; for await (const future of asCompleted(all, { timeout: 5 })) { const one: Future<number> = future; one.cancel() }',
  'for await (const future of asCompleted([processes.schedule(none)])) { future.pid?.toFixed(); break }',
  'const sum: Future<number> = either.schedule(add, { args: [1, 2] }); void sum',
  "const text: Future<string> = either.schedule(atTimes, { args: ['x'] }); void text",
  "for await (const text of pool.map(atTimes, ['x'])) text.toUpperCase()",
  "for await (const text of either.map(atTimes, ['x'])) text.toUpperCase()",
]

const refused: Array<[program: string, error: RegExp]> = [
  ['void pool.schedule(add, { args: [1] })', /Source has 1 element\(s\) but target requires 2/],
  ["void pool.schedule(add, { args: [1, 'two'] })", /Type 'string' is not assignable to type 'number'/],
  ['void pool.schedule(add, { args: [1, 2, 3] })', /not assignable to type 'undefined'/],
  ['void pool.schedule(add)', /Expected 2 arguments, but got 1/],
  ['void pool.schedule(add, { timeout: 5 })', /not assignable/],
  ['void processes.schedule(add, { args: [1] })', /Source has 1 element\(s\) but target requires 2/],
  ['void pool.schedule(none, { args: [1] })', /not assignable to type 'undefined'/],
  ["void either.schedule(add, { args: [1, 'two'] })", /Type 'string' is not assignable to type 'number'/],
  ["void pool.map(add, ['x'], [1])", /No overload matches this call/],
  ["void pool.schedule(named, { args: ['x'], kwargs: { x: 1 } })", /not assignable/],
  ["void pool.schedule(rest, { args: ['x'] })", /Type 'string' is not assignable to type 'number'/],
]

describe('calls of pools', () => {
  const programs = [...accepted, ...refused.map(([program]) => program)].map(
    (program) => `${HEAD}\nexport async function use() { ${program} }`,
  )
  let errors: string[][]
  beforeAll(() => (errors = compile('stage3', programs)))

  test.each(accepted.map((program, index) => [program, index] as const))('compile: %s', (_, index) => {
    expect(errors[index]).toEqual([])
  })

  test.each(refused.map(([program, error], index) => [program, error, index] as const))(
    'do not: %s',
    (_, error, index) => {
      expect(errors[accepted.length + index]).toEqual([expect.stringMatching(error)])
    },
  )
})
