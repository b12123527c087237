import { median } from '../harness/check.mjs'

/**
 * Compares each row with its targets. `saved` has the results of each bench: `{ [bench]: { groups, rounds } }`. Rows of
 * benches or groups that did not run are left out.
 */
export function verdicts(rows, saved) {
  const measured = rows.filter(({ from: [bench] }) => saved[bench]).map((row) => verdict(row, saved[row.from[0]]))
  return measured.filter(({ own }) => own && (own.error || own.value !== null))
}

function verdict(row, { groups, rounds }) {
  const [, group] = row.from
  const contenders = groups.find(({ name }) => name === group)?.contenders ?? []
  const series = contenders.map((contender) => ({
    ...contender,
    values: rounds.map((round) => valueOf(row, round, contender.name)),
    error: rounds.map((round) => round[`${group}/${contender.name}`]?.error).find(Boolean),
  }))
  const own = series.find(({ role }) => role === 'ours')
  const [peer, floor] = ['peer', 'floor'].map((role) => best(row, series, role))
  const targets = row.targets.map((target) => {
    const other = opponent(target, { series, peer, floor })
    const compared = target.against === 'itself' ? own?.values : other && pairs(own, other, target.compare)
    const value = compared ? middle(compared) : null
    return {
      text: target.text,
      hasUnit: target.hasUnit,
      value,
      met: own?.error || value === null ? false : target.holds(value),
    }
  })
  return {
    ...row,
    own: own && { value: middle(own.values), spread: spread(own.values), error: own.error },
    peer: peer && { name: peer.name, value: middle(peer.values) },
    floor: floor && { name: floor.name, value: middle(floor.values) },
    toPeer: own && peer ? middle(pairs(own, peer, (a, b) => a / b)) : null,
    toFloor: own && floor ? middle(pairs(own, floor, (a, b) => a / b)) : null,
    targets,
    met: targets.length ? targets.every(({ met }) => met) : null,
  }
}

function valueOf({ from: [, group, measure], beside, value }, round, name) {
  const result = round[`${group}/${name}`]
  if (!value) return result?.[measure]
  const other = round[`${beside}/${name}`]
  return result && other ? value(result, other) : undefined
}

/** The contender of a role with the best median. */
function best({ better }, series, role) {
  const found = series.filter((one) => one.role === role && !one.error && middle(one.values) !== null)
  if (!found.length) return undefined
  return found.reduce((a, b) => (middle(b.values) > middle(a.values) === (better === 'more') ? b : a))
}

function opponent({ against, name }, { series, peer, floor }) {
  return name ? series.find((one) => one.name === name) : { peer, floor }[against]
}

const pairs = (own, other, compare) => own.values.map((value, round) => compare(value, other.values[round]))

const middle = (values) => median(values.filter(Number.isFinite))

function spread(values) {
  const finite = values.filter(Number.isFinite)
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : null
}
