/**
 * Several loops (lanes) acquire one lock, release it at once, and repeat. Waiters are served in order, so between threads
 * and between processes the holder changes every time. Each change costs a message to the parent and one to the next
 * holder.
 */
export const title = 'Turns with one lock'
export const rounds = 5

export const measures = [
  { key: 'handOver', label: 'hand-overs/s, 2 lanes', better: 'more', digits: 0, expected: 0.5 },
  { key: 'alone', label: 'turns/s, 1 lane', better: 'more', digits: 0, expected: 0.5 },
]

export const groups = [
  group('same thread', { 'pebble-ts Lock': ['lock', 'ours'], 'async-mutex Mutex': ['async-mutex', 'peer'] }),
  group('threads', { 'pebble-ts Lock': ['lock', 'ours'] }),
  group('processes', { 'pebble-ts Lock': ['lock', 'ours'] }),
]

/** Runs in the contender's own process. */
export async function measure({ turns }, { quick, options: { lanes } }) {
  const span = quick ? 300 : 1000 // ms
  const all = (count) => Promise.all(Array.from({ length: count }, () => turns(span)))
  await all(lanes) // warm-up: starts the workers and compiles the code
  const each = await all(lanes)
  const [alone] = await all(1)
  if (each.some((count) => count === 0)) throw new Error(`Expected every lane to acquire the lock, got ${each}`)
  return { handOver: perSecond(each, span), alone: perSecond([alone], span) }
}

const perSecond = (counts, span) => counts.reduce((sum, count) => sum + count) / (span / 1000)

function group(runtime, contenders) {
  return {
    name: runtime,
    contenders: Object.entries(contenders).map(([name, [module, role]]) => ({
      name,
      module,
      options: { runtime, lanes: 2 },
      role,
    })),
  }
}
