/** Checks of tsconfig.json, for modules that are TypeScript. */
import { createRequire } from 'node:module'
import { targetOf } from '../../worker/loading/compilation'
import { packageType } from '../../worker/loading/package-type'
import { projectOf } from '../../worker/loading/project'
import { error, note, warning, type Finding } from './report'
import type { Setup } from './setup'
import { hasModuleSyntax, type Target } from './target'

type Options = Readonly<Record<string, unknown>>

const optionsOf = ({ file }: Target): Options => projectOf(file).options
const isLegacy = (options: Options): boolean => options['experimentalDecorators'] === true
const nameOf = (options: Options, option: 'target' | 'module'): string => {
  const value = options[option]
  return typeof value === 'string' ? value.toLowerCase() : ''
}

/** Whether a line begins with a decorator. */
export function hasDecorators(source: string): boolean {
  return /^\s*@[\w$]/m.test(source)
}

function usesNest({ source }: Target): boolean {
  return /\bfrom\s+['"]@nestjs\/|\brequire\(['"]@nestjs\//.test(source)
}

/** TypeScript before 5.0 knows legacy decorators only. */
export function compilerTooOld({ target }: Setup): Finding | undefined {
  const version = versionOfTypeScript(target.file)
  if (version === undefined || Number.parseInt(version, 10) >= 5 || isLegacy(optionsOf(target))) return undefined
  return error(
    'typescript-too-old',
    `TypeScript ${version} does not compile standard decorators. Update it to 5.0 or newer, or set "experimentalDecorators": true.`,
  )
}

function versionOfTypeScript(file: string): string | undefined {
  try {
    return (createRequire(file)('typescript/package.json') as { version: string }).version
  } catch {
    return undefined
  }
}

export function nestNeedsLegacy({ target }: Setup): Finding | undefined {
  if (!usesNest(target) || isLegacy(optionsOf(target))) return undefined
  return error(
    'nest-needs-legacy-decorators',
    'The module uses NestJS, and "experimentalDecorators" is not set. Nest needs "experimentalDecorators": true and "emitDecoratorMetadata": true.',
  )
}

/** Standard decorators are syntax of ESNext, so `tsc` writes them as they are. */
export function decoratorsLeft({ target }: Setup): Finding | undefined {
  const options = optionsOf(target)
  if (isLegacy(options) || nameOf(options, 'target') !== 'esnext' || !hasDecorators(target.source)) return undefined
  return warning(
    'decorators-not-compiled',
    'With "target": "ESNext" and without "experimentalDecorators", tsc leaves decorators in its output, and Node.js cannot parse them. Set "target": "ES2022".',
  )
}

export function metadataMissing({ target, loader }: Setup): Finding | undefined {
  const options = optionsOf(target)
  if (!isLegacy(options)) return undefined
  if (options['emitDecoratorMetadata'] !== true) {
    if (!usesNest(target)) return undefined
    return warning(
      'metadata-missing',
      'The module uses NestJS, and "emitDecoratorMetadata" is not set: Nest cannot inject by type. Set it to true.',
    )
  }
  if (loader.writesMetadata) return undefined
  return warning(
    'metadata-not-emitted',
    `${loader.name ?? 'The loader'} does not write the metadata that "emitDecoratorMetadata" asks for: Nest cannot inject by type. Run the output of tsc, or use ts-node or SWC.`,
  )
}

const MODULE_SYNTAX = /^(preserve|esnext|es\d+)$/

/** What `tsc` would write, and how Node.js would read it. */
export function outputFormat({ target }: Setup): Finding | undefined {
  const options = optionsOf(target)
  if (options['noEmit'] === true || !/\.tsx?$/.test(target.file) || !hasModuleSyntax(target.source)) return undefined
  const module = nameOf(options, 'module')
  const isModulePackage = packageType(target.file) === 'module'
  if (MODULE_SYNTAX.test(module) && !isModulePackage) {
    return warning(
      'esm-output-in-commonjs-package',
      `With "module": "${String(options['module'])}", tsc writes \`import\` and \`export\`, but package.json has no "type": "module", so \`.js\` files are CommonJS. Set "type": "module", or "module": "Node16". A bundler may hide this.`,
    )
  }
  if (module === 'commonjs' && isModulePackage) {
    return warning(
      'commonjs-output-in-esm-package',
      'With "module": "CommonJS", tsc writes `require`, but package.json has "type": "module", so `.js` files are ES modules. Set "module": "Node16", or remove "type".',
    )
  }
  return undefined
}

/** A field that is only declared is set to undefined, after the base class has set it. */
export function declaredFields({ target }: Setup): Finding | undefined {
  const options = optionsOf(target)
  const isDefined = targetOf(options).useDefineForClassFields
  const declared = /^\s+(?:public |protected |private |readonly )*([\w$]+)!?:\s*[^=({\n]+;?$/m.exec(target.source)?.[1]
  const isSubclass = /\bclass\s+[\w$]+[^{\n]*\bextends\b/.test(target.source)
  if (!isLegacy(options) || !isDefined || declared === undefined || !isSubclass) return undefined
  return note(
    'define-for-class-fields',
    `"useDefineForClassFields" is in effect (the target is ES2022 or newer): a subclass that only declares a field again, such as \`${declared}\`, sets it to undefined. Write \`declare ${declared}: …\`, or set the option to false.`,
  )
}

export function notIsolated({ target, loader }: Setup): Finding | undefined {
  const options = optionsOf(target)
  if (
    loader.name === null ||
    !loader.perFile ||
    options['isolatedModules'] === true ||
    options['verbatimModuleSyntax'] === true
  )
    return undefined
  return note(
    'not-isolated',
    `${loader.name} compiles each file for itself. Set "isolatedModules": true, so that tsc refuses what this cannot compile (types that are exported again, values of \`const enum\` of other files).`,
  )
}
