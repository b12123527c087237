/** The contenders that the benches compare. Their configuration is that of their READMEs, with the same number of workers. */
export const RUNTIMES = ['threads', 'processes']

const PEERS = {
  threads: ['poolifier', 'piscina', 'tinypool', 'workerpool', 'jest-worker'],
  processes: ['poolifier', 'tinypool', 'workerpool', 'jest-worker'],
}

/** A group of contenders with the same options. `contenders` are those of `group` entries: `[name, role, module, options]`. */
export function group(name, options, contenders) {
  return {
    name,
    contenders: contenders.map(([contender, role, module, own]) => ({
      name: contender,
      role,
      module,
      options: { ...options, ...own },
    })),
  }
}

export const ours = (module = 'pebble-ts') => ['pebble-ts', 'ours', module]

/** The libraries that have this runtime, among `only` if it is given. */
export const peers = (runtime, only = PEERS[runtime]) =>
  PEERS[runtime].filter((name) => only.includes(name)).map((name) => [name, 'peer', name])

export const FLOOR = 'floor'
export const BATCHED_FLOOR = 'floor, batched'

/** Plain Node.js: one message per call. */
export const floor = () => [FLOOR, 'floor', 'raw']

/** Plain Node.js: the calls of one turn of the event loop share a message. The upper limit for every library that batches. */
export const batchedFloor = () => [BATCHED_FLOOR, 'floor', 'raw', { batched: true }]
