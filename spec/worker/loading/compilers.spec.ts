import 'reflect-metadata'
import { compileFunction } from 'node:vm'
import { compileWithEsbuild } from '../../../src/worker/loading/compile-esbuild'
import { compileWithSwc } from '../../../src/worker/loading/compile-swc'
import { compileWithTypeScript } from '../../../src/worker/loading/compile-typescript'

const compilers = [
  ['typescript', compileWithTypeScript],
  ['@swc/core', compileWithSwc],
  ['esbuild', compileWithEsbuild],
] as const

const decorated = `
  enum Kind { A = 'a' }
  const seen: unknown[] = []
  const mark = (...args: any[]): any => { seen.push(args.length, typeof args[1]) }
  class Program {
    field?: string
    @mark run(): string { return Kind.A }
  }
  export const told = seen
  export const own = Object.keys(new Program())
  export const text = new Program().run()
`

describe.each(compilers)('%s', (name, compile) => {
  it('lowers stage-3 decorators', () => {
    const told = run(javascript(decorated, 'cjs', { target: 'ESNext' }))
    expect(told).toMatchObject({ told: [2, 'object'], own: ['field'], text: 'a' })
  })

  it('lowers legacy decorators, and defines no fields if TypeScript does not', () => {
    const told = run(javascript(decorated, 'cjs', { target: 'ES2021', experimentalDecorators: true }))
    expect(told).toMatchObject({ told: [3, 'string'], own: [], text: 'a' })
  })

  it('keeps ES modules', () => {
    const text = javascript('import a from "a"\nexport const b: number = await a', 'esm', { module: 'CommonJS' })
    expect(text).toMatch(/import a from ["']a["']/)
    expect(text).toMatch(/await a/)
  })

  it('compiles `import` to CommonJS, whatever the project says', () => {
    const options = { module: 'NodeNext', moduleResolution: 'nodenext', verbatimModuleSyntax: true }
    expect(javascript('import a from "a"\nexport const b: number = a', 'cjs', options)).toMatch(/require\(["']a["']\)/)
  })

  it('writes the source map into the text', () => {
    const text = javascript('export const a: number = 1', 'cjs', {})
    const [, map = ''] = /sourceMappingURL=data:application\/json(?:;charset=utf-?8)?;base64,(\S+)/.exec(text) ?? []
    const { sources, sourcesContent } = JSON.parse(Buffer.from(map, 'base64').toString()) as Record<string, string[]>
    expect(sources?.[0]).toMatch(/main\.ts$/)
    expect(sourcesContent?.[0]).toBe('export const a: number = 1')
  })

  function javascript(source: string, format: 'esm' | 'cjs', options: Record<string, unknown>): string {
    return compile(require(name), { source, format, options, file: '/app/src/main.ts', folder: '/app' })
  }
})

// esbuild does not read types.
describe.each(compilers.slice(0, 2))('%s', (name, compile) => {
  it('writes the metadata of legacy decorators', () => {
    const source = `const d = (...a: any[]): any => {}; class A { @d when!: Date }
      export const type = Reflect.getMetadata('design:type', A.prototype, 'when')`
    const options = { experimentalDecorators: true, emitDecoratorMetadata: true, target: 'ES2022' }
    const text = compile(require(name), { source, format: 'cjs', options, file: '/app/main.ts', folder: '/app' })
    expect(run(text)['type']).toBe(Date)
  })
})

/** The exports of the compiled text. */
function run(text: string): Record<string, unknown> {
  const compiled: { exports: Record<string, unknown> } = { exports: {} }
  const body = compileFunction(text, ['exports', 'module', 'require', 'Reflect', 'Date'])
  body(compiled.exports, compiled, require, Reflect, Date)
  return compiled.exports
}
