/**
 * The apps that `npm run consumers` builds and runs, and the folders of packages that they share.
 *
 * A group is one installation: `dependencies` beside the library, by `manager`. A consumer is one app in a folder of its
 * own below that: `sources` of spec/consumers/matrix (each a path, or [path, target]), built by `build` and run by `run`.
 *
 *   type     of its package.json
 *   env      of build and run
 *   nodes    the versions of Node.js that run it: `ci` by default, `all` with --all. `OWN` is the one that runs this script
 *   alone    the folder that it is run from after a copy to a place without node_modules: all is in the bundle
 *   expects  which facts (expectations.mjs) it must print as its last line, or write into facts.json
 */
import { jest, plain, types, vitest } from './plain-consumers.mjs'
import { nest } from './nest-consumers.mjs'

const TYPES = { '@types/node': '20.19.43' }
const TYPESCRIPT = { typescript: '5.9.3', ...TYPES }
const NEST = { 'reflect-metadata': '0.2.2', rxjs: '7.8.2' }
const BUNDLERS = { webpack: '5.113.0', 'webpack-cli': '7.3.1', 'ts-loader': '9.6.2', esbuild: '0.28.2' }
const SWC = { '@swc/core': '1.16.22' }

export const groups = {
  tools: { dependencies: { ...TYPESCRIPT, ...BUNDLERS } },
  jest: { dependencies: { ...TYPESCRIPT, ...SWC, jest: '30.5.2', 'ts-jest': '29.4.15', '@swc/jest': '0.2.39' } },
  vitest3: { dependencies: { ...TYPESCRIPT, vitest: '3' } },
  vitest: { dependencies: { typescript: '6.0.3', '@types/node': '22', esbuild: '0.28.2', vitest: '5.1.2' } },
  nest11: {
    dependencies: {
      ...nestPackages('11.2.10', ['common', 'core', 'platform-express']),
      ...{ ...NEST, ...TYPESCRIPT, ...BUNDLERS, ...SWC, '@swc/cli': '0.8.1' },
    },
  },
  nest12: {
    dependencies: {
      ...{
        '@nestjs/common': '12.5.1',
        '@nestjs/core': '12.5.1',
        '@nestjs/platform-express': '12',
        '@nestjs/testing': '12',
      },
      ...{ ...NEST, typescript: '6.0.3', '@types/node': '22', vitest: '4' },
    },
  },
  typescript6: { dependencies: { typescript: '6.0.3', ...TYPES } },
  typescript7: { dependencies: { typescript: '7.0.2', ...TYPES } },
  linked: { manager: 'linked', dependencies: { ...TYPESCRIPT } },
  pnpm: { manager: 'pnpm', dependencies: { ...TYPESCRIPT } },
  workspace: {
    dependencies: { ...TYPESCRIPT },
    sources: [
      'workspace',
      ['plain/src/reports.ts', 'packages/reports/src/reports.ts'],
      ['plain/src/facts.ts', 'packages/app/src/facts.ts'],
    ],
  },
}

function nestPackages(version, names) {
  return Object.fromEntries(names.map((name) => [`@nestjs/${name}`, version]))
}

export const consumers = [...nest, ...plain, ...jest, ...vitest, ...types]
