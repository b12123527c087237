/** The first call of a short program: from the start of the program to the first result, with one worker. */
const SAMPLES = 5

export const title = 'The first call of a program, one worker'

export const measures = [
  { key: 'first', label: 'program start to first result, ms', better: 'less', digits: 0, expected: 1 / 1.2 },
  { key: 'imports', label: 'of that the import, ms', better: 'less', digits: 0 },
]

export const groups = [
  group('threads', ['poolifier', 'piscina', 'tinypool', 'workerpool', 'jest-worker']),
  group('processes', ['poolifier', 'tinypool', 'workerpool', 'jest-worker']),
]

/** Runs in the contender's own process, and starts a program for each sample. */
export async function measure({ run }, { quick }) {
  const samples = []
  for (let i = 0; i < (quick ? 2 : SAMPLES); i++) samples.push(await run())
  return { first: median(samples.map(({ first }) => first)), imports: median(samples.map(({ imports }) => imports)) }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

function group(runtime, peers) {
  return {
    name: runtime,
    contenders: ['pebble-ts', ...peers].map((name) => ({
      name,
      module: 'fresh-program',
      options: { module: name, runtime, workers: 1 },
      role: name === 'pebble-ts' ? 'ours' : 'peer',
    })),
  }
}
