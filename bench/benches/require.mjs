/** Loading a package: a new program for each sample. */
import { group } from '../harness/groups.mjs'

const ES_MODULES = ['tinypool']

export const title = 'Loading the package'
export const program = 'require.cjs'
export const rounds = 9

export const measures = [
  { key: 'ms', label: 'ms', better: 'less', digits: 1 },
  { key: 'modules', label: 'CommonJS modules', better: 'less', digits: 0 },
]

export const groups = [
  group(
    'require',
    {},
    ['pebble-ts', 'poolifier', 'piscina', 'tinypool', 'workerpool', 'jest-worker'].map((name) => [
      name,
      name === 'pebble-ts' ? 'ours' : 'peer',
      name,
      { package: name, esm: ES_MODULES.includes(name) },
    ]),
  ),
]
