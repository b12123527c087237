import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileProgram } from './compile'
import { blocksOf, documents, root, type Block } from './markdown'

/** Limit for one program, in ms. Most programs take less than two seconds. */
const LIMIT = 60_000

const programs = documents.flatMap(blocksOf).filter(({ marks }) => marks.includes('run'))

describe('The programs of the documents', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(root, 'spec/docs/.programs-')) // inside the package, so that it can import itself
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(programs.map((block) => [`${block.document}:${block.line}`, block] as const))(
    '%s prints the output that it shows',
    async (_place, block) => {
      const file = join(folder, `program-${programs.indexOf(block)}.mjs`)
      writeFileSync(file, compileProgram(block))
      const { code, lines, stderr } = await run(file)
      expect({ code, lines, why: code === 0 ? '' : stderr }).toEqual({ code: 0, lines: expectedLines(block), why: '' })
    },
    LIMIT + 5_000,
  )
})

interface Run {
  code: unknown
  lines: string[]
  stderr: string
}

function run(file: string): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file], { timeout: LIMIT }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, lines: stdout.split('\n').slice(0, -1), stderr })
    })
  })
}

/** The expected output: one line for each `// → text`. `…` in a line stands for text that differs between runs. */
function expectedLines({ code }: Block): unknown[] {
  return [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, line = '']) =>
    line.includes('…') ? expect.stringMatching(patternOf(line)) : line,
  )
}

function patternOf(line: string): RegExp {
  return new RegExp(
    `^${line
      .split('…')
      .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
  )
}
