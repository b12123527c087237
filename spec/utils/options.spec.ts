import * as rule from '../../src/utils/options'

interface Options {
  timeout?: number
  size?: number
  memoize?: boolean | { ttl?: number }
  state?: 'none' | 'snapshot' | string[]
  callback?: () => void
  when?: Date
}

const rules: rule.Rules<Options> = {
  timeout: rule.positiveNumber,
  size: rule.nonNegativeInteger,
  memoize: rule.either(rule.boolean, rule.nested({ ttl: rule.positiveNumber }, 'an object of options')),
  state: rule.either(rule.oneOf('none', 'snapshot'), rule.arrayOf(rule.string, 'an array of field names')),
  callback: rule.fn,
  when: rule.instance(Date),
}

function complaint(given: unknown): string {
  try {
    rule.checkOptions('@thread', given as Options, rules)
  } catch (error) {
    return String(error)
  }
  return 'none'
}

describe('checkOptions', () => {
  it('returns valid options unchanged', () => {
    const options = {
      timeout: 1,
      size: 0,
      memoize: { ttl: 5 },
      state: ['a'],
      callback: () => undefined,
      when: new Date(0),
    }
    expect(rule.checkOptions('@thread', options, rules)).toBe(options)
    expect(rule.checkOptions('@thread', undefined, rules)).toEqual({})
  })

  it('treats undefined as not given', () => {
    expect(complaint({ timeout: undefined })).toBe('none')
  })

  it.each<[unknown, string]>([
    [{ tiemout: 5 }, 'TypeError: Unknown option `tiemout`; did you mean `timeout`?'],
    [{ Timeout: 5 }, 'TypeError: Unknown option `Timeout`; did you mean `timeout`?'],
    [
      { colour: 5 },
      'TypeError: Unknown option `colour`; @thread takes `timeout`, `size`, `memoize`, `state`, `callback`, `when`',
    ],
    [
      { toString: 5 },
      'TypeError: Unknown option `toString`; @thread takes `timeout`, `size`, `memoize`, `state`, `callback`, `when`',
    ],
    [{ memoize: { tll: 5 } }, 'TypeError: Unknown option `memoize.tll`; did you mean `memoize.ttl`?'],
    [{ memoize: { colour: 5 } }, 'TypeError: Unknown option `memoize.colour`; `memoize` takes `ttl`'],
    [{ timeout: 'Foo' }, 'TypeError: Expected `timeout` to be a positive number, got `"Foo"` (string)'],
    [{ timeout: -5 }, 'RangeError: Expected `timeout` to be a positive number, got `-5` (number)'],
    [{ timeout: NaN }, 'RangeError: Expected `timeout` to be a positive number, got `NaN` (number)'],
    [{ timeout: null }, 'TypeError: Expected `timeout` to be a positive number, got `null` (null)'],
    [{ size: 1.5 }, 'RangeError: Expected `size` to be an integer, at least 0, got `1.5` (number)'],
    [{ size: 5n }, 'TypeError: Expected `size` to be an integer, at least 0, got `5n` (bigint)'],
    [{ memoize: 'yes' }, 'TypeError: Expected `memoize` to be a boolean or an object of options, got `"yes"` (string)'],
    [{ memoize: { ttl: 0 } }, 'RangeError: Expected `memoize.ttl` to be a positive number, got `0` (number)'],
    [
      { state: 'all' },
      'TypeError: Expected `state` to be "none", "snapshot" or an array of field names, got `"all"` (string)',
    ],
    [
      { state: [1] },
      'TypeError: Expected `state` to be "none", "snapshot" or an array of field names, got `[ 1 ]` (Array)',
    ],
    [{ callback: {} }, 'TypeError: Expected `callback` to be a function, got `{}` (object)'],
    [{ when: new Map() }, 'TypeError: Expected `when` to be a Date, got `Map(0) {}` (Map)'],
    [7, 'TypeError: Expected the options of @thread to be an object, got `7` (number)'],
    [[], 'TypeError: Expected the options of @thread to be an object, got `[]` (Array)'],
  ])('says what is wrong with %p', (given, text) => {
    expect(complaint(given)).toBe(text)
  })

  it('shortens long values', () => {
    expect(complaint({ timeout: 'x'.repeat(200) })).toBe(
      `TypeError: Expected \`timeout\` to be a positive number, got \`"${'x'.repeat(78)}…\` (string)`,
    )
  })
})
