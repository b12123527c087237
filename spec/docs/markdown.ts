/** The documents, and what of them can be checked. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(__dirname, '../..')

/** Paths of all documents, from the package's root. */
export const documents: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** A fenced block of TypeScript. */
export interface Block {
  readonly document: string
  /** The line of the document that holds the block's first line, counted from 1. */
  readonly line: number
  /** What stands in the fence after `ts`: `run`, `legacy`, `fails`. */
  readonly marks: readonly string[]
  readonly code: string
  /** Declarations that the reader is spared: those of a comment `<!-- given: … -->` above the fence. */
  readonly given: string
}

const FENCE = /(?:<!-- given:([\s\S]*?)-->\s*)?^```(\w+)?([^\n]*)\n([\s\S]*?)^```$/gm

export function blocksOf(document: string): Block[] {
  const text = read(document)
  return [...text.matchAll(FENCE)].flatMap(([all, given = '', language, marks = '', code = ''], index) => {
    if (language !== 'ts') return []
    const at = [...text.matchAll(FENCE)][index]?.index ?? 0
    const line = lineAt(text, at + all.length - code.length - '```'.length)
    return [{ document, line, marks: marks.split(' ').filter(Boolean), code, given: given.trim() }]
  })
}

export interface Link {
  readonly target: string
  readonly line: number
}

/** Links to other documents and to headings; those of the web are not looked at. */
export function linksOf(document: string): Link[] {
  const text = withoutCode(read(document))
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => ({ target: match[1] ?? '', line: lineAt(text, match.index) }))
    .filter(({ target }) => !/^https?:/.test(target))
}

/** The anchors that GitHub gives the headings of a document. */
export function anchorsOf(document: string): string[] {
  return [...withoutCode(read(document)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-'),
  )
}

function read(document: string): string {
  return readFileSync(join(root, document), 'utf8')
}

/** With as many lines as before. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''))
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
