'use strict'
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { default: TestRunner } = require('jest-runner')

/** What the dry run writes for the mutant runs: the names of the tests of each spec file. */
const TESTS = join(process.cwd(), 'mutation', 'tests.json')

/** The spec files that detected the latest mutants, the last one first. It probably detects the next mutant, too. */
let detectors = []

/**
 * Runs only the spec files that have a test to run, and none after one that failed. Stryker chooses the tests by name only,
 * so Jest would load every spec file for every mutant.
 */
module.exports = class MutantRunner extends TestRunner {
  #failed = false
  #tests = {}

  constructor(...args) {
    super(...args)
    this.on('test-file-success', ([{ path }, { testResults, numFailingTests }]) => {
      this.#tests[path] = testResults.map(({ fullName }) => fullName)
      if (numFailingTests > 0) this.#fail(path)
    })
    this.on('test-file-failure', ([{ path }]) => this.#fail(path))
  }

  async runTests(files, ...rest) {
    for (const file of this.#chosen(files)) {
      await super.runTests([file], ...rest)
      if (this.#failed) return
    }
    if (!('__STRYKER_ACTIVE_MUTANT__' in process.env)) writeFileSync(TESTS, JSON.stringify(this.#tests))
  }

  #chosen(files) {
    const pattern = this._globalConfig.testNamePattern
    if (!pattern) return files
    const wanted = new RegExp(pattern, 'i') // as Jest does
    const tests = JSON.parse(readFileSync(TESTS, 'utf8'))
    const rank = ({ path }) => (detectors.includes(path) ? detectors.indexOf(path) : detectors.length)
    return files
      .filter(({ path }) => tests[path].some((name) => wanted.test(name)))
      .sort((a, b) => rank(a) - rank(b) || a.duration - b.duration)
  }

  #fail(path) {
    this.#failed = true
    detectors = [path, ...detectors.filter((each) => each !== path)]
  }
}
