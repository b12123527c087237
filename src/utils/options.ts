/** Checks the options that users give, by rules; and writes the messages of the errors. */
import { inspect } from 'node:util'
import { levenshtein } from './lazy'

/** The result of a check: right, of the wrong type, or out of range. */
type Verdict = 'ok' | 'type' | 'range'

/** The values that an option may have. */
export interface Rule {
  /** Completes the sentence ``Expected `timeout` to be …``. */
  readonly expected: string
  /** The unit of a number, for the message: `in milliseconds`. */
  readonly unit?: string
  /** The alternatives in `expected`, if there are several. */
  readonly choices?: readonly string[]
  judge(value: unknown): Verdict
  /** Checks the inside of a value that passed; throws if something is wrong there. */
  inside?(name: string, value: unknown): void
}

export type Rules<T> = { readonly [K in keyof T]-?: Rule }

/** What to do instead of giving an unknown option, for some names. The end of a message. */
export type Hints = Readonly<Record<string, string>>

/**
 * Checks the options that a user gave. An option that is `undefined` counts as not given.
 *
 * @param where what the options belong to, for the message: `@thread`, `new ThreadPool()`
 * @param hints for unknown options
 * @returns `given`, or an empty object if nothing was given
 * @throws {TypeError} for an unknown option or a value of the wrong type, {@link RangeError} for one out of range. The
 * message names the option, what was expected and what was given.
 */
export function checkOptions<T extends object>(
  where: string,
  given: T | undefined,
  rules: Rules<T>,
  hints: Hints = {},
): Partial<T> {
  if (given === undefined) return {}
  if (!isPlainObject(given)) throw new TypeError(`Expected the options of ${where} to be an object, got ${show(given)}`)
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name) && Object.hasOwn(hints, name))
      throw new TypeError(`Unknown option \`${name}\`${hints[name]}`)
  }
  checkEntries(where, '', given, rules)
  return given
}

/** Checks one value against a rule. `name` is its name in the message. */
export function checkOption(name: string, value: unknown, rule: Rule): void {
  const verdict = rule.judge(value)
  if (verdict === 'ok') return rule.inside?.(name, value)
  const Kind = verdict === 'range' ? RangeError : TypeError
  const unit = rule.unit && hasUnit(value) ? `; it is ${rule.unit}` : ''
  throw new Kind(`Expected \`${name}\` to be ${rule.expected}, got ${show(value)}${unit}`)
}

/** Whether the value is a number with a unit, as in `'5s'`. */
const hasUnit = (value: unknown): boolean => typeof value === 'string' && /^\s*[\d.]+\s*[a-zµ]+\s*$/i.test(value)

/** The value for a message: `` `"Foo"` (string) ``. */
export function show(value: unknown): string {
  return `\`${literal(value)}\` (${typeName(value)})`
}

export const positiveNumber = number('a positive number', (value) => value > 0)
const nonNegativeNumber = number('a number, at least 0', (value) => value >= 0)
/** Durations. */
export const positiveMs: Rule = { ...positiveNumber, unit: 'in milliseconds' }
export const nonNegativeMs: Rule = { ...nonNegativeNumber, unit: 'in milliseconds' }
export const positiveInteger = number('a positive integer', (value) => value > 0 && Number.isInteger(value))
export const nonNegativeInteger = number('an integer, at least 0', (value) => value >= 0 && Number.isInteger(value))
export const positiveUpTo = (most: number): Rule =>
  number(`a positive number, at most ${most}`, (value) => value > 0 && value <= most)
export const integerBetween = (least: number, most: number): Rule =>
  number(`an integer from ${least} to ${most}`, (value) => value >= least && value <= most && Number.isInteger(value))
export const integerUpTo = (most: number): Rule => integerBetween(0, most)
/** Gives a number an upper limit that is checked last, by `inside`. */
export const atMost =
  (most: number): NonNullable<Rule['inside']> =>
  (name, value) => {
    if ((value as number) > most) throw new RangeError(`Expected \`${name}\` to be at most ${most}, got ${show(value)}`)
  }
export const boolean = ofType('boolean', 'a boolean')
export const string = ofType('string', 'a string')
export const fn = ofType('function', 'a function')
export const anything: Rule = { expected: 'anything', judge: () => 'ok' }

export const nonEmptyString: Rule = {
  expected: 'a non-empty string',
  judge: (value) => (typeof value !== 'string' ? 'type' : value === '' ? 'range' : 'ok'),
}

/** An array. Other iterables, such as a `Set`, are refused. */
export function arrayOf(item: Rule, expected: string): Rule {
  const judge = (value: unknown): Verdict =>
    Array.isArray(value) && value.every((element) => item.judge(element) === 'ok') ? 'ok' : 'type'
  return { expected, judge }
}

export function oneOf(...values: readonly unknown[]): Rule {
  const choices = values.map(literal)
  return { expected: listed(choices), choices, judge: (value) => (values.includes(value) ? 'ok' : 'type') }
}

/** A value for which `accepts` returns true. */
export function matching(expected: string, accepts: (value: unknown) => boolean): Rule {
  return { expected, judge: (value) => (accepts(value) ? 'ok' : 'type') }
}

/** Checks the shape: the sandbox of a test runner has an `AbortSignal` class of its own. */
export const abortSignal = matching(
  'an AbortSignal',
  (value) => typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value,
)

export function instance(Class: abstract new (...args: never[]) => object, expected = `a ${Class.name}`): Rule {
  return matching(expected, (value) => value instanceof Class)
}

/** An object with options of its own. Messages call them `memoize.ttl`. */
export function nested<T extends object>(rules: Rules<T>, expected = 'an object'): Rule {
  return {
    expected,
    judge: (value) => (isPlainObject(value) ? 'ok' : 'type'),
    inside: (name, value) => checkEntries(`\`${name}\``, `${name}.`, value as object, rules),
  }
}

/** A value that one of the rules accepts. If none does, it is out of range if one of them says so. */
export function either(...rules: readonly Rule[]): Rule {
  const choices = rules.flatMap((rule) => rule.choices ?? rule.expected)
  return {
    expected: listed(choices),
    choices,
    judge: (value) => {
      const verdicts = rules.map((rule) => rule.judge(value))
      return verdicts.find((verdict) => verdict === 'ok') ?? verdicts.find((verdict) => verdict === 'range') ?? 'type'
    },
    inside: (name, value) => rules.find((rule) => rule.judge(value) === 'ok')?.inside?.(name, value),
  }
}

function checkEntries(where: string, prefix: string, given: object, rules: Record<string, Rule>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) throw new TypeError(unknownOption(where, prefix, name, Object.keys(rules)))
    if (value !== undefined) checkOption(prefix + name, value, rules[name] as Rule)
  }
}

function unknownOption(where: string, prefix: string, name: string, known: readonly string[]): string {
  const { closest, distance } = levenshtein()
  const near = closest(name, known)
  const bound = Math.max(2, Math.floor(name.length / 3))
  if (distance(name.toLowerCase(), near.toLowerCase()) <= bound) {
    return `Unknown option \`${prefix}${name}\`; did you mean \`${prefix}${near}\`?`
  }
  return `Unknown option \`${prefix}${name}\`; ${where} takes ${known.map((each) => `\`${each}\``).join(', ')}`
}

/** Refuses NaN, whatever the range: a `timeout` of NaN would never pass. */
function number(expected: string, inRange: (value: number) => boolean): Rule {
  return { expected, judge: (value) => (typeof value !== 'number' ? 'type' : inRange(value) ? 'ok' : 'range') }
}

function ofType(type: 'boolean' | 'string' | 'function', expected: string): Rule {
  return { expected, judge: (value) => (typeof value === type ? 'ok' : 'type') }
}

function listed(choices: readonly string[]): string {
  return choices.length > 1 ? `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}` : choices.join()
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function literal(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity })
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'object'
}
