/**
 * The table of targets: one entry per row, and the only place to change when a row is added. Each row reads a measure of a
 * bench. `npm run bench` prints all rows and fills RESULTS.md. The rows with a `tripwire` are what `--quick` checks.
 *
 *   name      what the row measures
 *   runtime   optional: 'threads' or 'processes'
 *   from      [bench, group, measure]
 *   value     optional: (result of contender, result of another group) → figure, instead of the measure itself
 *   beside    the group that `value` gets as its second argument
 *   better    'less' or 'more'
 *   unit, digits
 *   targets   what has to hold, all of them (`report/targets.mjs`)
 *   tripwire  a limit far below the targets, compared with the floor of the same run
 */
import { BATCHED_FLOOR, RUNTIMES } from './harness/groups.mjs'
import { bestPeer, figure, floor } from './report/targets.mjs'

const both = (rows) => RUNTIMES.flatMap((runtime) => rows(runtime, runtime === 'threads'))

const ms = { unit: 'ms', better: 'less', digits: 0 }
const µs = { unit: 'µs', better: 'less', digits: 0 }

export const rows = [
  ...both((runtime) => [
    {
      name: 'program start to first result',
      runtime,
      from: ['cold', runtime, 'first'],
      ...ms,
      targets: [bestPeer.atMost(1.2)],
      tripwire: floor.atMost(6),
    },
  ]),
  {
    name: "`require('pebble-ts')`",
    from: ['require', 'require', 'ms'],
    ...ms,
    digits: 1,
    targets: [figure.atMost(20)],
  },
  { name: 'its modules', from: ['require', 'require', 'modules'], ...ms, unit: '', targets: [] },
  ...both((runtime) => [
    {
      name: 'start of a worker, the first call included',
      runtime,
      from: ['cold', runtime, 'worker'],
      ...ms,
      targets: [floor.plus(20)],
    },
  ]),
  ...both((runtime) => [
    {
      name: 'next result after a timeout, first time',
      runtime,
      from: ['recovery', runtime, 'first'],
      ...ms,
      targets: [bestPeer.plus(15)],
    },
    {
      name: 'next result after a timeout, with time for a spare worker',
      runtime,
      from: ['recovery', runtime, 'spare'],
      ...ms,
      digits: 1,
      targets: [figure.atMost(10)],
    },
  ]),
  ...both((runtime) => [
    lone(runtime, 'p50', `${runtime}, cores awake`, [bestPeer.atMost(1)]),
    lone(runtime, 'p90', `${runtime}, cores awake`, [bestPeer.atMost(1)]),
    lone(runtime, 'p50', runtime, []),
    lone(runtime, 'p90', runtime, []),
  ]),
  ...both((runtime, threads) => [
    {
      name: 'calls/s, 512 in flight',
      runtime,
      from: ['calls', runtime, 'callsPerSecond'],
      unit: '/s',
      better: 'more',
      digits: 0,
      targets: [bestPeer.atLeast(threads ? 4 : 5), floor.atLeast(0.6, BATCHED_FLOOR)],
      tripwire: floor.atLeast(0.08, BATCHED_FLOOR),
    },
  ]),
  ...both((runtime) => [
    {
      name: 'map of 1 M numbers in chunks of 10,000',
      runtime,
      from: ['map', runtime, 'elementsPerSecond'],
      unit: '/s',
      better: 'more',
      digits: 0,
      targets: [bestPeer.atLeast(0.5)],
      tripwire: floor.atLeast(0.01),
    },
  ]),
  ...both((runtime) => [
    {
      name: '64 MB ArrayBuffer, copied',
      runtime,
      from: ['values', `${runtime}, buffer`, 'there'],
      ...ms,
      targets: [bestPeer.atMost(1.1)],
    },
    {
      name: '64 MB ArrayBuffer, copied, and back',
      runtime,
      from: ['values', `${runtime}, buffer`, 'back'],
      ...ms,
      targets: [],
    },
  ]),
  ...both((runtime) => [
    {
      name: '1 MB of JSON-like objects',
      runtime,
      from: ['values', `${runtime}, objects`, 'there'],
      ...ms,
      digits: 1,
      targets: [bestPeer.atMost(1.15)],
    },
    {
      name: '1 MB of JSON-like objects, and back',
      runtime,
      from: ['values', `${runtime}, objects`, 'back'],
      ...ms,
      digits: 1,
      targets: [],
    },
  ]),
  ...both((runtime, threads) => [
    uneven(runtime, 'stream', threads ? 1.1 : 1.15),
    uneven(runtime, 'waves', threads ? 1.12 : 1.2),
  ]),
  {
    name: '`new` with three decorated methods, against plain',
    from: ['new', 'new', 'ns'],
    unit: 'ns',
    better: 'less',
    digits: 0,
    targets: [floor.atMost(1.5)],
  },
  ...both((runtime, threads) => [
    {
      name: 'CPU of the calling thread per call, 512 in flight',
      runtime,
      from: ['calls', runtime, 'cpu'],
      ...µs,
      digits: 1,
      targets: [figure.atMost(threads ? 4 : 5)],
    },
  ]),
  ...both((runtime) => [
    {
      name: '4 workers on 2 cores against 2',
      runtime,
      from: ['calls', `${runtime}, 4 workers`, 'callsPerSecond'],
      beside: runtime,
      value: (four, two) => four.callsPerSecond / two.callsPerSecond,
      unit: '×',
      better: 'more',
      digits: 2,
      targets: [figure.atLeast(0.95)], // no loss, except for noise
    },
  ]),
]

function lone(runtime, key, group, targets) {
  const name = `lone round trip, ${key}${group === runtime ? '' : ', cores awake'}`
  const tripwire = group === runtime && key === 'p50' ? floor.atMost(25) : undefined
  return { name, runtime, from: ['lone', group, key], ...µs, targets, tripwire }
}

function uneven(runtime, key, limit) {
  return {
    name: `uneven load, ${key}`,
    runtime,
    from: ['uneven', runtime, key],
    unit: '× ideal',
    better: 'less',
    digits: 2,
    targets: [figure.atMost(limit)],
  }
}
