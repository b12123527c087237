/** TypeScript to JavaScript, by the compiler that the user's file can import. */
import { readFileSync } from 'node:fs'
import { cached } from './cache'
import { compilerFor } from './compilers'
import { projectOf } from './project'

export type Format = 'esm' | 'cjs'

/** The JavaScript of a file, its source map inline. */
export function compileFile(file: string, format: Format): string {
  const source = readFileSync(file, 'utf8')
  const { options, folder } = projectOf(file)
  const compiler = compilerFor(file)
  const ingredients = [compiler.id, file, format, folder, JSON.stringify(options), source]
  return cached(ingredients, () => compiler.compile({ source, file, format, options, folder }))
}
