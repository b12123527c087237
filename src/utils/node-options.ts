/** Parses and prints the options in `process.execArgv` and `NODE_OPTIONS`, without knowing their meaning. */

export interface NodeOption {
  /** Without the value, and with `-` in place of `_`: Node.js does not distinguish them. */
  readonly name: string
  readonly value: string | undefined
  /** The original spelling: `['--import=x']`, `['--import', 'x']`. */
  readonly words: readonly string[]
}

/** There are only options in `words`, so a word without a dash is the value of the option before it. */
export function parseOptions(words: readonly string[]): NodeOption[] {
  const groups: string[][] = []
  for (const word of words) {
    const last = groups.at(-1)
    if (last === undefined || word.startsWith('-')) groups.push([word])
    else last.push(word)
  }
  return groups.map(parseOption)
}

/** The same option with another value, in the same spelling. */
export function withValue({ name, words }: NodeOption, value: string): NodeOption {
  return { name, value, words: words.length > 1 ? [words[0] as string, value] : [`${name}=${value}`] }
}

/** Splits `NODE_OPTIONS` as Node.js does: at spaces, except within `"…"`, where `\` escapes the next character. */
export function splitNodeOptions(text: string): string[] {
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*"?|[^ "])+/gs)]
    .map(([word]) => unquote(word))
    .filter((word) => word !== '')
}

export function joinNodeOptions(words: readonly string[]): string {
  return words.map((word) => (/[ "]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word)).join(' ')
}

function parseOption(words: readonly string[]): NodeOption {
  const [first = '', ...rest] = words
  const equals = first.startsWith('--') ? first.indexOf('=') : -1
  const written = equals < 0 ? first : first.slice(0, equals)
  const value = equals < 0 ? rest[0] : first.slice(equals + 1)
  return { name: written.startsWith('--') ? written.replaceAll('_', '-') : written, value, words }
}

function unquote(word: string): string {
  return word.replace(/"((?:\\.|[^"\\])*)"?/gs, (_quoted, inner: string) => inner.replace(/\\(.)/gs, '$1'))
}
