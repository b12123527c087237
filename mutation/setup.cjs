'use strict'
const fc = require('fast-check')

fc.configureGlobal({ endOnFailure: true }) // without a search for the smallest example

// A failure needs no difference to be shown: that of large values takes minutes.
const { matchers } = globalThis[Symbol.for('$$jest-matchers-object')]
for (const [name, matcher] of Object.entries(matchers)) {
  const silent = function (...args) {
    return withoutMessage(matcher.apply(this, args), name)
  }
  for (const flag of Object.getOwnPropertySymbols(matcher)) silent[flag] = matcher[flag]
  matchers[name] = silent
}

function withoutMessage(result, name) {
  if (result instanceof Promise) return result.then((settled) => withoutMessage(settled, name))
  return { ...result, message: () => `${name}() failed` }
}
