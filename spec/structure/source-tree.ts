import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '../../src')

/** The files of src/, by their paths below it. */
export const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

export function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true)
}

/** The files of src/ that a file imports, types included. */
export function importsOf(file: string): string[] {
  return ts
    .preProcessFile(read(file), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => `${normalize(join(dirname(file), name.replace(/\.js$/, '')))}.ts`)
}
