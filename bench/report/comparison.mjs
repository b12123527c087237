import { RUNTIMES } from '../harness/groups.mjs'

/** The table of the README on speed: each row against the best of the other libraries, the bad rows included. */
export function comparison(all) {
  const compared = all.filter(({ toPeer }) => toPeer !== null)
  const names = [...new Set(compared.map(({ name }) => name))]
  const of = (name, runtime) => compared.find((row) => row.name === name && row.runtime === runtime)
  const lines = names.map((name) => {
    const cells = of(name) ? [words(of(name)), ''] : RUNTIMES.map((runtime) => words(of(name, runtime)))
    return `| ${[name, ...cells].join(' | ')} |`
  })
  return ['| | threads | processes |', '| --- | --- | --- |', ...lines].join('\n')
}

/** The name of the best other library, and how many times pebble-ts is better or worse. */
function words(row) {
  if (!row) return ''
  const times = row.better === 'more' ? row.toPeer : 1 / row.toPeer
  const factor = Math.max(times, 1 / times)
  if (factor < 1.05) return `as good as ${row.peer.name}`
  const amount = `${factor.toFixed(factor < 10 ? 1 : 0)}×`
  return times > 1 ? `${amount} better than ${row.peer.name}` : `**${amount} worse** than ${row.peer.name}`
}
