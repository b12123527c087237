/** The packed package in small real apps, each built and run as its users would. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { apps, installConsumers, type Consumers } from './support/packed'

jest.setTimeout(180_000)

const digest = createHash('sha256').update('pebble').digest('hex')
let consumers: Consumers

beforeAll(() => {
  consumers = installConsumers()
})
afterAll(() => consumers?.remove())

const last = (output: string): any => JSON.parse(output.trim().split('\n').at(-1) as string)
const tsc = (): string => consumers.tool('typescript/bin/tsc')
const tsx = (): string => pathToFileURL(consumers.tool('tsx/dist/loader.mjs')).href

test('every app has its test here', () => {
  expect(apps().sort()).toEqual(['cjs-tsc', 'esm-tsc', 'jest-cjs', 'single-file', 'tsx-cjs', 'tsx-esm'])
})

test('the package holds what it should, and no more', () => {
  const folder = consumers.tool('pebble-ts')
  for (const file of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.mjs', 'dist/index.d.mts']) {
    expect([file, existsSync(join(folder, file))]).toEqual([file, true])
  }
  for (const file of ['src', 'spec', 'bench', 'examples'])
    expect([file, existsSync(join(folder, file))]).toEqual([file, false])
})

test('ES modules, built by tsc', () => {
  consumers.node('esm-tsc', tsc())
  expect(last(consumers.node('esm-tsc', 'dist/main.js'))).toEqual({
    digest,
    size: '8 bytes',
    ownProcess: true,
    format: '5 kB',
    version: 1,
    pages: ['page 1 of 2', 'page 2 of 2'],
    error: [true, 'no report', expect.stringMatching(/^RangeError: no report\n\s+at .*fail.*src\/reports\.ts:\d+:\d+/)],
    oneInstance: true,
    flavours: true,
  })
})

test('CommonJS with legacy decorators and metadata, built by tsc', () => {
  consumers.node('cjs-tsc', tsc())
  expect(last(consumers.node('cjs-tsc', 'dist/main.js'))).toEqual({
    digest,
    size: '8 bytes',
    heard: ['8 bytes'],
    version: 1,
    error: [true, 'no report', expect.stringMatching(/^RangeError: no report\n\s+at .*fail.*src\/reports\.ts:\d+:\d+/)],
    metadata: [1, 2],
    types: ['String'],
  })
})

test.each(['tsx-esm', 'tsx-cjs'])('a script without a guard under tsx: %s', (name) => {
  expect(last(consumers.node(name, '--import', tsx(), 'main.ts'))).toEqual({
    results: ['6 bytes!', '7 bytes!'],
    error: [true, 'no report', expect.stringMatching(/^RangeError: no report\n\s+at .*fail.*main\.ts:\d+:\d+/)],
  })
})

test('a single file of JavaScript without a guard', () => {
  expect(last(consumers.node('single-file', 'main.js'))).toEqual({ sum: 98, other: true })
})

test('Jest with ts-jest', () => {
  const output = last(consumers.node('jest-cjs', consumers.tool('jest/bin/jest.js'), '--json', '--silent', '-w', '1'))
  const messages = output.testResults.map((result: { message: string }) => result.message).join('\n')
  expect(messages).toBe('')
  expect(output).toMatchObject({ numPassedTests: 6, numFailedTests: 0 })
})
