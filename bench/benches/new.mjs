/** The cost of `new` for a class with three decorated methods, compared with the same class without decorators. */
import { performance } from 'node:perf_hooks'
import { median } from '../harness/check.mjs'
import { group } from '../harness/groups.mjs'

const BATCHES = 9
const INSTANCES = 20_000

export const title = 'new of a class with three decorated methods'
export const rounds = 9

export const measures = [{ key: 'ns', label: 'ns', better: 'less', digits: 0 }]

export const groups = [
  group('new', {}, [
    ['pebble-ts', 'ours', 'instances', { decorated: true }],
    ['plain class', 'floor', 'instances', { decorated: false }],
  ]),
]

/** Runs in the contender's own process. The instances stay reachable for a while, as they do in a program. */
export function measure({ Class }) {
  const kept = new Array(1024)
  const make = (count) => {
    const from = performance.now()
    for (let i = 0; i < count; i++) kept[i & 1023] = new Class(i)
    return ((performance.now() - from) * 1e6) / count
  }
  make(500) // warm-up
  const ns = median(Array.from({ length: BATCHES }, () => make(INSTANCES)))
  if (kept.some((instance, i) => instance.size % 1024 !== i)) throw new Error('Expected every instance to be kept')
  return { ns }
}
