/** Reads the text of a class. It is not a parser: it finds what the doctor needs to know of usual code. */

export interface ClassText {
  /** Names of the `#private` fields of instances. */
  readonly privateFields: readonly string[]
  /** Fields that hold a function: `done = () => {}`, or `this.done = () => {}` in the constructor. */
  readonly functionFields: readonly string[]
  /** The parameters of the class's own constructor; null if it has none. */
  readonly parameters: readonly string[] | null
  /** The parameters that the constructor stores: field and parameter. */
  readonly stored: ReadonlyArray<readonly [field: string, parameter: string]>
}

const NOTHING: ClassText = { privateFields: [], functionFields: [], parameters: null, stored: [] }

export function readClass(cls: Function): ClassText {
  const text = withoutLiterals(Function.prototype.toString.call(cls))
  if (!/^class\b/.test(text)) return NOTHING // compiled to a function, or native
  const members = atDepth(text, 1)
  const constructor = constructorOf(text, members)
  return {
    privateFields: unique([
      ...namesIn(members, /(?<!\bstatic\s)#([\w$]+)\s*(?=[=;\n}])/g),
      ...namesIn(text, /\b__privateAdd\(this,\s*_+([\w$]+)/g), // esbuild for an older target
      ...namesIn(text, /\b_[A-Z][\w$]*_([\w$]+)\.set\(this\b/g), // TypeScript for an older target
    ]),
    functionFields: unique([
      ...namesIn(members, new RegExp(`(?<!\\bstatic\\s)(?<![\\w$.#])([\\w$]+)\\s*=\\s*${FUNCTION}`, 'g')),
      ...namesIn(constructor?.body ?? '', new RegExp(`\\bthis\\.([\\w$]+)\\s*=\\s*${FUNCTION}`, 'g')),
      ...namesIn(text, new RegExp(`${PUBLIC_FIELD}${FUNCTION}`, 'g')),
    ]),
    parameters: constructor?.parameters ?? null,
    stored: constructor === null ? [] : storedIn(constructor),
  }
}

/** How esbuild sets fields for older targets, and in classes with decorators: `__publicField(this, "name", value)`. */
const PUBLIC_FIELD = String.raw`\b__publicField\(this,\s*["']([\w$]+)["'],\s*`
/** The beginning of a value that is a function. */
const FUNCTION = String.raw`(?:__name\(\s*)?(?:async\s*)?(?:function\b|(?:\([^()]*\)|[\w$]+)\s*=>)`

interface Constructor {
  readonly parameters: readonly string[]
  readonly body: string
}

function constructorOf(text: string, members: string): Constructor | null {
  const found = /(?:^|[;{}\s])constructor\s*\(/.exec(members)
  if (found === null) return null
  const open = found.index + found[0].length - 1
  const close = closing(text, open)
  const start = text.indexOf('{', close)
  const list = atDepth(text.slice(open + 1, close), 0)
  return {
    parameters: list.split(',').flatMap((parameter) => nameOf(parameter)),
    body: text.slice(start, closing(text, start) + 1),
  }
}

/** A parameter that is taken apart has no name, but it counts. */
function nameOf(parameter: string): string[] {
  const text = parameter.trim()
  return text === '' ? [] : [/^(?:\.\.\.)?([\w$]+)/.exec(text)?.[1] ?? '{…}']
}

function storedIn({ parameters, body }: Constructor): Array<readonly [string, string]> {
  const sets = /\bthis\.([\w$]+)\s*=\s*([\w$]+)\s*(?=[;,\n}])/g
  const defines = new RegExp(`${PUBLIC_FIELD}([\\w$]+)\\)`, 'g')
  return [...body.matchAll(sets), ...body.matchAll(defines)].flatMap(([, field = '', name = '']) =>
    parameters.includes(name) ? [[field, name] as const] : [],
  )
}

/** Blanks what is nested deeper, so that positions stay. Brackets that open or close `depth` stay, too. */
function atDepth(text: string, depth: number): string {
  let level = 0
  return text.replace(/[^]/g, (character) => {
    if (')]}'.includes(character)) level -= 1
    const kept = level <= depth || character === '\n'
    if ('([{'.includes(character)) level += 1
    return kept ? character : ' '
  })
}

function closing(text: string, open: number): number {
  let level = 0
  for (let index = open; index < text.length; index++) {
    if ('([{'.includes(text[index] as string)) level += 1
    if (')]}'.includes(text[index] as string) && --level === 0) return index
  }
  return text.length
}

/** Blanks comments, strings, templates and regular expressions: brackets in them do not count. Names in quotes stay. */
function withoutLiterals(text: string): string {
  const literals =
    /\/\*[^]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[^]|[^`\\])*`|(?<=[(,=:[!&|?{};]\s*|\breturn\s+)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/g
  return text.replace(literals, (literal) =>
    /^["'][\w$]+["']$/.test(literal) ? literal : literal.replace(/[^\n]/g, ' '),
  )
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name as string)
}

const unique = (names: readonly string[]): string[] => [...new Set(names)]
