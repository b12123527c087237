import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { files, read } from '../structure/source-tree'
import { root } from './markdown'

/** Messages of Node.js, of NestJS and of the compiler. */
const FOREIGN = /^(?:SyntaxError: |Nest can't |TS\d+: |Property )/
/** The shortest part of a message that is looked for. Shorter ones are words that are everywhere. */
const SHORTEST = 8

describe('The messages in docs/troubleshooting.md', () => {
  const messages = messagesOf('docs/troubleshooting.md')
  const source = textOfSource()

  it('exist', () => {
    expect(messages.length).toBeGreaterThan(40)
  })

  it('are those of the library', () => {
    const unknown = messages.flatMap((message) => partsOf(message).filter((part) => !source.includes(part)))
    expect(unknown).toEqual([])
  })
})

/** The lines of the blocks without a language. */
function messagesOf(document: string): string[] {
  const blocks = readFileSync(join(root, document), 'utf8').matchAll(/^```\n([\s\S]*?)^```$/gm)
  return [...blocks].flatMap(([, lines = '']) => lines.trim().split('\n')).filter((line) => !FOREIGN.test(line))
}

/** The parts of a message between its values, each at most one sentence: sentences are put together at run time. */
function partsOf(message: string): string[] {
  return message
    .replace(/^PEBBLE_\w+: /, '')
    .split(/…|(?<=[.:]) /)
    .map((part) => part.replace(/^[`'.\s]+|[`'.:\s]+$/g, ''))
    .filter((part) => part.length >= SHORTEST)
}

/** All source files as one text, without the quotes, escapes and line breaks inside messages. */
function textOfSource(): string {
  const text = files.map(read).join('\n')
  return text.replace(/['"`] \+\n\s*['"`]/g, '').replace(/\\+(['"`])/g, '$1')
}
