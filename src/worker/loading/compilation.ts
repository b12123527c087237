/** One file to compile, and how TypeScript reads the options of its project. */

export type Format = 'esm' | 'cjs'

export interface Compilation {
  readonly source: string
  readonly file: string
  readonly format: Format
  /** `compilerOptions` of tsconfig.json, as written. */
  readonly options: Record<string, unknown>
  /** The folder of tsconfig.json. */
  readonly folder: string
}

/** `target` and `useDefineForClassFields` as TypeScript reads them, but at most ES2022: Node cannot parse decorators. */
export function targetOf(options: Record<string, unknown>): { target: string; useDefineForClassFields: boolean } {
  const target = options['target']
  const written = typeof target === 'string' ? target.toUpperCase() : 'ES5'
  const year = written === 'ESNEXT' ? 9999 : Number(/^ES(\d{4})$/.exec(written)?.[1] ?? (written === 'ES6' ? 2015 : 5))
  const define = options['useDefineForClassFields']
  return {
    target: year < 2017 || year > 2022 ? 'ES2022' : written,
    useDefineForClassFields: typeof define === 'boolean' ? define : year >= 2022,
  }
}
