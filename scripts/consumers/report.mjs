/** The results of all consumers, as a table and as data. */

export function printTable(rows, ms) {
  const lines = rows.toSorted(byName).map(({ consumer, node, result, firstCallMs, ms: taken }) => ({
    consumer,
    'Node.js': node,
    result,
    'first call, thread (ms)': firstCallMs?.thread ?? '–',
    'first call, process (ms)': firstCallMs?.process ?? '–',
    'run (s)': Number((taken / 1000).toFixed(1)),
  }))
  for (const { consumer, node, error } of rows) if (error) console.log(`\n${consumer} on Node.js ${node}: ${error}`)
  console.table(lines)
  console.log(`${rows.length} consumers in ${Math.round(ms / 1000)} s`)
}

/** With the counts as Jest names them, for .ci/count.mjs. */
export function summaryOf(rows) {
  const failed = rows.filter(({ error }) => error !== undefined).length
  const counts = { numPassedTests: rows.length - failed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 }
  return { ...counts, consumers: rows.toSorted(byName) }
}

function byName(a, b) {
  return a.consumer.localeCompare(b.consumer) || a.node.localeCompare(b.node)
}
