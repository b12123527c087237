'use strict'
const { TestEnvironment } = require('jest-environment-node')

/** Skips the tests behind one that failed: the mutant is detected, and many mutants make every test wait for its timeout. */
module.exports = class FailFastEnvironment extends TestEnvironment {
  #failed = false

  handleTestEvent({ name, test }) {
    if (name === 'test_done' && test.errors.length > 0) this.#failed = true
    else if (name === 'test_start' && this.#failed) test.mode = 'skip'
  }
}
