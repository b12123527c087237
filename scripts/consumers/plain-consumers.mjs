/** Consumers without a framework. The fields are described in matrix.mjs. */
import { NEWER, OWN } from './nodes.mjs'

const LEGACY = '--experimentalDecorators --emitDecoratorMetadata'
const NEWEST = NEWER.at(-1)

export const plain = [
  compiled('tsc-cjs', { type: 'commonjs', build: ['tsc'], nodes: { ci: [OWN, '24'], all: NEWER } }),
  compiled('tsc-cjs-legacy', { type: 'commonjs', build: [`tsc ${LEGACY}`], nodes: { all: [OWN, ...NEWER] } }),
  compiled('tsc-esm', { type: 'module', build: ['tsc'], nodes: { ci: [OWN, '22', NEWEST], all: NEWER } }),
  compiled('tsc-esm-legacy', { type: 'module', build: [`tsc ${LEGACY}`], nodes: { all: [OWN, NEWEST] } }),
  ...bundled('esbuild', 'cjs', esbuild('cjs', 'main.cjs'), 'main.cjs'),
  ...bundled('esbuild', 'esm', esbuild('esm', 'main.mjs'), 'main.mjs'),
  ...bundled('esbuild', 'cjs-minified', `${esbuild('cjs', 'main.cjs')} --minify --keep-names`, 'main.cjs'),
  ...webpack('webpack', 'none'),
  ...webpack('webpack-minified', 'production'),
  compiled('layout-linked', { group: 'linked', type: 'module', build: ['tsc'], nodes: { ci: [OWN], all: [NEWEST] } }),
  compiled('layout-pnpm', { group: 'pnpm', type: 'commonjs', build: ['tsc'], nodes: { ci: [OWN], all: [NEWEST] } }),
  {
    name: 'workspace',
    group: 'workspace',
    inGroup: true,
    build: ['tsc -p packages/reports', 'tsc -p packages/app'],
    run: 'node packages/app/dist/main.js',
    nodes: { ci: [OWN], all: NEWER },
    expects: 'workspace',
  },
]

export const jest = [
  tested('jest-cjs', { type: 'commonjs', run: jestWith('cjs'), nodes: { ci: [OWN, NEWEST], all: NEWER } }),
  tested('jest-esm', {
    type: 'module',
    run: `node --experimental-vm-modules ${jestWith('esm').slice('node '.length)}`,
    nodes: { ci: [OWN, '24'], all: NEWER },
  }),
  tested('jest-swc', { type: 'commonjs', run: jestWith('swc'), nodes: { ci: [OWN], all: NEWER } }),
]

export const vitest = [
  tested('vitest3', { group: 'vitest3', type: 'module', run: vitestWith('vitest3'), nodes: { ci: [OWN], all: NEWER } }),
  ...['forks', 'threads', 'vmThreads'].map((pool) =>
    tested(`vitest5-${pool}`, {
      group: 'vitest',
      type: 'module',
      run: `${vitestWith('vitest')} --pool=${pool}`,
      nodes: { ci: pool === 'forks' ? ['22'] : [], all: NEWER },
    }),
  ),
]

export const types = [
  ['types-typescript5.9', 'tools'],
  ['types-typescript6', 'typescript6'],
  ['types-typescript7', 'typescript7'],
].map(([name, group]) => ({
  name,
  group,
  sources: ['consumer.mts', 'consumer.cts'].map((target) => ['types/consumer.ts', target]),
  type: 'commonjs',
  build: [
    'Node16 --moduleResolution Node16',
    'NodeNext --moduleResolution NodeNext',
    'ESNext --moduleResolution Bundler',
  ]
    .flatMap((module) => [module, `${module} ${LEGACY}`])
    .map((module) => `tsc --noEmit --strict --target ES2022 --types node --module ${module} consumer.mts consumer.cts`),
  nodes: { ci: [OWN], all: [] },
}))

function compiled(name, rest) {
  return { name, group: 'tools', sources: ['plain'], run: 'node dist/main.js', expects: 'plain', ...rest }
}

/** The library outside of the bundle, then in it. */
function bundled(bundler, kind, command, file) {
  const consumer = { group: 'tools', sources: ['plain'], type: 'commonjs', expects: 'plain' }
  const name = `${bundler}-${kind}`
  return [
    {
      ...consumer,
      name,
      build: [`${command} --external:pebble-ts`],
      run: `node bundle/${file}`,
      nodes: { all: [OWN, ...NEWER] },
    },
    {
      ...{ ...consumer, name: `${name}-inlined`, build: [command], alone: 'bundle', run: `node ${file}` },
      nodes: { ci: kind.endsWith('minified') ? [] : [OWN], all: [OWN, ...NEWER] },
    },
  ]
}

function esbuild(format, file) {
  const banner =
    format === 'esm'
      ? ' --banner:js=import{createRequire}from"node:module";const/**/require=createRequire(import.meta.url)'
      : ''
  return `esbuild src/main.ts --bundle --platform=node --target=es2022 --sourcemap --format=${format} --outfile=bundle/${file}${banner}`
}

function webpack(name, mode) {
  const consumer = { group: 'tools', sources: ['plain'], type: 'commonjs', build: ['webpack'], expects: 'plain' }
  return ['external', 'inlined'].map((library) => ({
    ...{ ...consumer, name: library === 'external' ? name : `${name}-inlined`, env: { LIBRARY: library, MODE: mode } },
    ...(library === 'external' ? { run: 'node bundle/main.js' } : { alone: 'bundle', run: 'node main.js' }),
    nodes: { ci: mode === 'none' ? [OWN] : [], all: [OWN, NEWEST] },
  }))
}

function tested(name, rest) {
  return { name, group: 'jest', sources: ['plain'], expects: 'plain', ...rest }
}

function jestWith(config) {
  return `node ../node_modules/jest/bin/jest.js -w 1 -c jest.${config}.config.cjs`
}

function vitestWith(config) {
  return `vitest run -c ${config}.config.mjs`
}
