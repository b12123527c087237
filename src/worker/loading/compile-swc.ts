import { targetOf, type Compilation } from './compilation'

interface Swc {
  transformSync(source: string, options: object): { code: string }
}

export function compileWithSwc(library: unknown, { source, file, format, options }: Compilation): string {
  const legacy = options['experimentalDecorators'] === true
  const { target, useDefineForClassFields } = targetOf(options)
  return (library as Swc).transformSync(source, {
    filename: file,
    swcrc: false,
    configFile: false,
    sourceMaps: 'inline',
    inlineSourcesContent: true,
    module: { type: format === 'cjs' ? 'commonjs' : 'es6' },
    jsc: {
      parser: { syntax: 'typescript', tsx: /x$/.test(file), decorators: true },
      transform: {
        legacyDecorator: legacy,
        decoratorMetadata: options['emitDecoratorMetadata'] === true,
        useDefineForClassFields,
        react: { runtime: 'automatic' },
        ...(legacy ? {} : { decoratorVersion: '2022-03' }),
      },
      target: target.toLowerCase(),
      keepClassNames: true,
    },
  }).code
}
