'use strict'

const { spawnSync } = require('node:child_process')
const { existsSync } = require('node:fs')

/** One project per compiler setting: the decorator suite runs under both dialects. */
module.exports = {
  testTimeout: 180_000, // of healthy specs none comes near; machines may be busy
  projects: [
    project('unit', 'tsconfig.spec.json', {
      testMatch: ['<rootDir>/spec/**/*.spec.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '/spec/(stage3|legacy|nestjs|consumers)/',
        ...withoutEngines(),
        ...withoutNetworks(),
      ],
    }),
    project('stage3', 'spec/stage3/tsconfig.json', { testMatch: ['<rootDir>/spec/stage3/**/*.spec.ts'] }),
    project('legacy', 'spec/legacy/tsconfig.json', { testMatch: ['<rootDir>/spec/legacy/**/*.spec.ts'] }),
    project('nestjs', 'spec/nestjs/tsconfig.json', { testMatch: ['<rootDir>/spec/nestjs/**/*.spec.ts'] }),
  ],
}

/** `npm run typecheck` checks the types; here files are only transpiled. */
function project(name, tsconfig, rest) {
  return {
    displayName: name,
    rootDir: __dirname,
    testEnvironment: 'node',
    modulePathIgnorePatterns: ['<rootDir>/(dist/.*package.json|mutation/.sandbox/)', '<rootDir>/spec/consumers/'],
    transform: { '\\.ts$': ['ts-jest', { tsconfig: `<rootDir>/${tsconfig}`, diagnostics: false }] },
    ...rest,
  }
}

/** The faults of `pebble-ts/cluster` need servers of their own, which they kill. Where these are missing, they are left out. */
function withoutEngines() {
  if (process.env.PEBBLE_ENGINES === 'required') return []
  const isThere = spawnSync('redis-server', ['--version']).status === 0 && existsSync('/usr/lib/postgresql')
  if (!isThere) console.warn('left out: spec/cluster/faults, because Redis or PostgreSQL is not installed')
  return isThere ? [] : ['/spec/cluster/faults/']
}

/** Links between machines are cut in network namespaces, which take root with its capabilities and `ip` of iproute2. */
function withoutNetworks() {
  const makes = 'ip link add pebble0 type veth peer name pebble1 && command -v tc && command -v nsenter'
  if (spawnSync('unshare', ['--net', 'sh', '-c', makes]).status === 0) return []
  console.warn(
    'left out: spec/cluster/faults/networks.spec.ts, because network namespaces or iproute2 are not available',
  )
  return ['/spec/cluster/faults/networks']
}
