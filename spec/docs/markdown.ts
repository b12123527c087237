/** Finds the documents, and the code blocks, links and anchors in them. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(__dirname, '../..')

/** The paths of all documents, relative to the root of the package. */
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
  /** The line of the document where the code starts, counted from 1. */
  readonly line: number
  /** The words after `ts` in the fence: `run`, `legacy`, `fails`. */
  readonly marks: readonly string[]
  readonly code: string
  /** The path of the file that the block shows, from a first line such as `// src/main.ts`. Files of a document import each other. */
  readonly file: string | undefined
  /** Declarations that the reader does not see: those in a comment `<!-- given: … -->` above the fence. */
  readonly given: string
}

const FENCE = /(?:<!-- given:([\s\S]*?)-->\s*)?^```(\w+)?([^\n]*)\n([\s\S]*?)^```$/gm

const FILE_NAME = /^\/\/ (\S+\.[cm]?ts)\n/

export function blocksOf(document: string): Block[] {
  const text = read(document)
  return [...text.matchAll(FENCE)].flatMap(([all, given = '', language, marks = '', code = ''], index) => {
    if (language !== 'ts') return []
    const at = [...text.matchAll(FENCE)][index]?.index ?? 0
    const line = lineAt(text, at + all.length - code.length - '```'.length)
    const file = FILE_NAME.exec(code)?.[1]
    return [{ document, line, marks: marks.split(' ').filter(Boolean), code, file, given: given.trim() }]
  })
}

export interface Link {
  readonly target: string
  readonly line: number
}

/** Links to other documents and to headings. Links to the web are skipped. */
export function linksOf(document: string): Link[] {
  const text = withoutCode(read(document))
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => ({ target: match[1] ?? '', line: lineAt(text, match.index) }))
    .filter(({ target }) => !/^https?:/.test(target))
}

/** The anchors of the headings of a document, as GitHub generates them. */
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

/** Removes the code blocks and keeps the number of lines. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''))
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
