/** The TypeScript loaders among the flags of the program. Workers inherit the flags, and so the loaders. */
import { splitNodeOptions } from '../../utils/node-options'

const TYPESCRIPT_LOADER =
  /(^|[\\/=@])(tsx|ts-node|ts-node-esm|tsimp|swc-node|esbuild-register|esbuild-runner|esno|jiti|sucrase|amaro|ts-blank-space|oxc-node)([\\/@]|$)/

export function hasTypeScriptLoader(): boolean {
  return typeScriptLoader() !== undefined
}

/** The name of the first one. */
export function typeScriptLoader(): string | undefined {
  for (const flag of flags()) {
    const name = TYPESCRIPT_LOADER.exec(flag)?.[2]
    if (name !== undefined) return name
  }
  return undefined
}

export function hasTsx(): boolean {
  return tsxFlag() !== undefined
}

/** The flag that names tsx: by the path of one of its files, or by its bare name. */
export function tsxFlag(): string | undefined {
  return flags().find((flag) => /(^|[\\/=])tsx([\\/]|$)/.test(flag))
}

function flags(): string[] {
  return [...process.execArgv, ...splitNodeOptions(process.env['NODE_OPTIONS'] ?? '')]
}
