import { basename, join } from 'node:path'
import '../support/setup'
import { resultOf } from '../support/program'

const programs = join(__dirname, '../fixtures/loading/programs')

describe.each(['esm/main.mts', 'cjs/main.ts'])('a program run by tsx: %s', (file) => {
  it('has its classes found in workers: those of the main script, hidden ones, subclasses and those of factories', async () => {
    const main = join(programs, file)
    expect(await resultOf(main)).toEqual([
      'code below the class has run',
      'shown 1 true',
      'shown 1',
      'Shown',
      'hidden',
      'Hidden',
      'overridden shown 1 true',
      'overridden shown 1',
      'main shown 1 true',
      'SubInMain',
      14,
      21,
      2,
      `\`Late.run\` of ${basename(file)} was not defined when ${main} was imported in the worker. It was created inside a function after the module had loaded, and a worker imports the module without calling its functions. Move the class or function to the top level of the module; where another module defines it, name that one with \`module\`.`,
      `\`guarded\` of ${basename(file)} was not defined when ${main} was imported in the worker. A guard around a main script must exclude only the code that starts the program. What is defined behind it, or by a function that is called behind it, is missing in the worker: define it at the top level of the module, unconditionally.`,
    ])
  })
})

describe('a module in a worker', () => {
  it('with top-level awaits runs up to its first dispatching call', async () => {
    const main = join(programs, 'esm/awaiting.mts')
    expect(await resultOf(main)).toEqual([
      'what was awaited is there',
      'what was awaited is there',
      expect.stringContaining('Its import has not finished there: the module waits for a call of its own'),
    ])
  })

  it('that throws when it is imported fails its calls with that error', async () => {
    const throws = join(programs, 'throwing/throws.cjs')
    const text = `Cannot run \`run\` of throws.cjs in a worker: importing ${throws} there failed: RangeError: no license in workers`
    const cause = 'RangeError: no license in workers'
    expect(await resultOf(join(programs, 'throwing/main.mjs'))).toEqual([true, text, cause, 1, true, text, cause, 2])
  })
})
