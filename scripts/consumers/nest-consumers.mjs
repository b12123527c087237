/** Applications of Nest. The fields are described in matrix.mjs. */
import { NEWER, OWN } from './nodes.mjs'

const NEWEST = NEWER.at(-1)

export const nest = [
  application('nest11-tsc', { build: ['tsc'], run: 'node dist/main.js', nodes: { ci: [OWN, '24'], all: NEWER } }),
  application('nest11-swc', {
    build: ['swc src -d dist --strip-leading-paths'],
    run: 'node dist/main.js',
    nodes: { ci: [OWN], all: NEWER },
  }),
  webpack('nest11-webpack', { LIBRARY: 'external' }),
  webpack('nest11-webpack-root-external', { LIBRARY: 'root-external' }, { ci: [], all: [OWN, NEWEST] }),
  webpack('nest11-webpack-library-inlined', { LIBRARY: 'inlined' }),
  webpack('nest11-webpack-all-inlined', { LIBRARY: 'inlined', NEST: 'inlined' }, { ci: [], all: [OWN, NEWEST] }),
  alone('nest11-webpack-one-file', { LIBRARY: 'inlined', NEST: 'inlined' }, { ci: [OWN], all: NEWER }),
  alone(
    'nest11-webpack-minified',
    { LIBRARY: 'inlined', NEST: 'inlined', MODE: 'production' },
    { ci: [], all: [OWN, NEWEST] },
  ),
  application('nest11-esbuild', {
    build: [
      'tsc',
      'esbuild dist/main.js --bundle --platform=node --target=es2022 --sourcemap --keep-names --packages=external --outfile=bundle/main.js',
    ],
    run: 'node bundle/main.js',
    nodes: { ci: [], all: [OWN, NEWEST] },
  }),
  application('nest12-tsc', {
    ...ofNest12(),
    build: ['tsc'],
    run: 'node dist/main.js',
    nodes: { ci: [OWN], all: NEWER },
  }),
  application('nest12-vitest4', {
    ...ofNest12(),
    run: 'vitest run',
    nodes: { ci: [OWN], all: NEWER },
    logs: false,
  }),
]

function application(name, rest) {
  return { name, group: 'nest11', sources: ['nest'], type: 'commonjs', expects: 'nest', ...rest }
}

function ofNest12() {
  return { group: 'nest12', sources: ['nest', 'nest12'], type: 'module' }
}

function webpack(name, env, nodes = { ci: [OWN], all: [NEWEST] }) {
  return application(name, { build: ['webpack'], env, run: 'node bundle/main.js', nodes })
}

function alone(name, env, nodes) {
  return application(name, { build: ['webpack'], env, alone: 'bundle', run: 'node main.js', nodes })
}
