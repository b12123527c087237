/** What is done, and to what: the same for the same seed, whatever the machine's timing. */
import fc from 'fast-check'

const BATCH = 256

/** Deeds and their weights. */
const DEEDS = {
  value: 30,
  later: 12,
  spin: 8,
  throw: 4,
  throwValue: 2,
  reject: 3,
  exit: 3,
  exitLater: 2,
  hang: 3,
  loop: 2,
  leak: 3,
  heap: 0.2,
  stray: 1,
  unheard: 1,
  badResult: 1,
  rottenResult: 1,
  badArgs: 1,
  thornyArgs: 1,
  deadlyArgs: 1,
  huge: 1,
  tell: 2,
  lock: 4,
  lockDie: 1,
  queueGet: 3,
  queuePut: 4,
  queueDie: 1,
}

/** For processes alone; where a thread is ordered to do one, it returns a value instead. */
const PROCESS_DEEDS = { abort: 1, kill: 2, term: 1, deaf: 0.3, spawn: 1 }

/** Deeds that never end by themselves. */
export const ENDLESS = new Set(['hang', 'loop', 'deaf'])

const value = fc.oneof(fc.integer(), fc.string({ maxLength: 40 }), fc.jsonValue({ maxDepth: 2 }))

const order = fc.record({
  deed: weighted({ ...DEEDS, ...PROCESS_DEEDS }),
  ms: fc.nat(25),
  value,
  code: fc.integer({ min: 1, max: 120 }),
})

/** What the parent does to a call. */
const fate = weighted({
  none: 60,
  cancel: 10,
  abort: 6,
  timeout: 8,
  softTimeout: 4,
  queueTimeout: 4,
  softCancel: 4,
})

const call = fc.record({
  do: fc.constant('call'),
  slot: fc.nat(11),
  order,
  fate,
  after: fc.nat(120),
  priority: fc.integer({ min: -1, max: 1 }),
})

const method = fc.record({
  do: fc.constant('method'),
  slot: fc.nat(11),
  method: weighted({ perform: 6, limited: 3, softly: 3, nested: 2, alone: 2 }),
  order,
  fate: weighted({ none: 8, cancel: 2 }),
  after: fc.nat(120),
})

const burst = fc.record({
  do: fc.constant('burst'),
  slot: fc.nat(11),
  count: fc.integer({ min: 20, max: 200 }),
  value,
  /** Every how manieth is cancelled, and how many turns of the event loop later; 0: none. */
  every: fc.nat(9),
  turns: fc.nat(4),
})

const map = fc.record({
  do: fc.constant('map'),
  slot: fc.nat(11),
  orders: fc.array(order, { minLength: 5, maxLength: 40, size: 'max' }),
  chunkSize: fc.integer({ min: 1, max: 12 }),
  timeout: fc.constantFrom(60, 200, 400),
  buffer: fc.constantFrom(undefined, 8, 64),
  fate: weighted({ none: 6, cancel: 1, leave: 2, unread: 1 }),
  after: fc.nat(60),
})

const stream = fc.record({
  do: fc.constant('stream'),
  slot: fc.nat(11),
  count: fc.nat(60),
  ms: fc.nat(4),
  /** After how many values its reader leaves; more than there are: never. */
  take: fc.nat(80),
  leave: weighted({ return: 3, forget: 1, throw: 1 }),
})

const strike = fc.record({
  do: fc.constant('strike'),
  signal: weighted({ SIGKILL: 4, SIGTERM: 2, SIGSTOP: 2 }),
  pick: fc.nat(1_000),
  after: fc.integer({ min: 20, max: 500 }),
})

const end = fc.record({
  do: fc.constant('end'),
  slot: fc.nat(11),
  how: weighted({ close: 2, stop: 2, dispose: 1 }),
})

const action = fc.record({
  what: fc.oneof(
    { weight: 60, arbitrary: call },
    { weight: 20, arbitrary: method },
    { weight: 3, arbitrary: burst },
    { weight: 3, arbitrary: map },
    { weight: 4, arbitrary: stream },
    { weight: 6, arbitrary: strike },
    { weight: 2, arbitrary: end },
  ),
  pause: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(12) }),
})

const MB = 2 ** 20

/** The options of one pool. */
const poolOptions = (kind) =>
  fc.record({
    maxWorkers: fc.integer({ min: 1, max: 3 }),
    maxTasks: fc.constantFrom(0, 0, 0, 0, 1, 5, 100),
    concurrency: fc.constantFrom(1, 1, 1, 4),
    idleTimeout: fc.constantFrom(undefined, undefined, 40),
    maxQueue: fc.constantFrom(undefined, undefined, undefined, 20),
    maxMemory: fc.constantFrom(undefined, kind === 'thread' ? 20 * MB : 90 * MB),
    initializer: weighted({ none: 12, prepare: 4, refuse: 1 }),
  })

/** The endless list of what is done. */
export function* actions(seed) {
  for (let batch = 0; ; batch++) {
    yield* fc.sample(action, { seed: seed * 100_003 + batch, numRuns: BATCH, unbiased: true })
  }
}

/** The options of the pool with that number. */
export function poolPlan(seed, number, kind) {
  return fc.sample(poolOptions(kind), { seed: seed * 99_991 + number, numRuns: 1, unbiased: true })[0]
}

/** A process's deed where the order goes to a thread is no deed at all. */
export function orderFor(kind, planned) {
  return kind === 'thread' && planned.deed in PROCESS_DEEDS ? { ...planned, deed: 'value' } : planned
}

function weighted(weights) {
  return fc.oneof(
    ...Object.entries(weights).map(([name, weight]) => ({
      weight: Math.round(weight * 10),
      arbitrary: fc.constant(name),
    })),
  )
}
