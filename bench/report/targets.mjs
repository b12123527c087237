import { BATCHED_FLOOR } from '../harness/groups.mjs'

/**
 * What a row has to reach. `against` says what pebble-ts is compared with, and `holds` gets the median of the comparisons
 * within each round. The text stands in the table.
 */
export const figure = {
  atMost: (limit) => target('itself', (own) => own, { most: limit }, `≤ ${limit}`),
  atLeast: (limit) => target('itself', (own) => own, { least: limit }, `≥ ${limit}`),
}

export const bestPeer = {
  atMost: (limit) => target('peer', over, { most: limit }, `≤ ${limit}× best peer`),
  atLeast: (limit) => target('peer', over, { least: limit }, `≥ ${limit}× best peer`),
  plus: (limit) => target('peer', minus, { most: limit }, `≤ best peer + ${limit}`),
}

/** `name` is the contender that counts as the floor. Default: the best one. */
export const floor = {
  atMost: (limit, name) => target('floor', over, { most: limit }, `≤ ${limit}× ${floorName(name)}`, name),
  atLeast: (limit, name) => target('floor', over, { least: limit }, `≥ ${limit}× ${floorName(name)}`, name),
  plus: (limit, name) => target('floor', minus, { most: limit }, `≤ ${floorName(name)} + ${limit}`, name),
}

const over = (own, other) => own / other
const minus = (own, other) => own - other
const floorName = (name) => (name === BATCHED_FLOOR ? 'batched floor' : 'floor')

/** A limit that is no ratio has the unit of its row. */
function target(against, compare, { least = -Infinity, most = Infinity }, text, name) {
  const hasUnit = compare !== over
  return { hasUnit, against, name, compare, text, least, most, holds: (value) => value >= least && value <= most }
}
