// A program that loads one package: node require.cjs <bench> <options as JSON>
// It prints the time in ms, and the number of CommonJS modules that were loaded.
'use strict'

const { writeSync } = require('node:fs')
const { performance } = require('node:perf_hooks')

const { options } = JSON.parse(process.argv[3])
const before = Object.keys(require.cache).length
const from = performance.now()
load(options.package).then((loaded) => {
  const ms = performance.now() - from
  if (typeof loaded !== 'function' && Object.keys(loaded).length === 0)
    throw new Error(`Expected exports of ${options.package}`)
  const modules = Object.keys(require.cache).length - before
  writeSync(1, `\n@result ${JSON.stringify({ ms, modules: modules || null })}\n`)
  process.exit(0)
})

/** Some packages are ES modules only. */
async function load(name) {
  return options.esm ? import(name) : require(name)
}
