/** The plan of a run: the actions and the pool options. It depends only on the seed, and not on the timing of the machine. */
import fc from 'fast-check'

const BATCH = 256

/** Behaviors of bodies (see `src/behaviors.ts`) and their weights. */
const BEHAVIORS = {
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
  throwInTimer: 1,
  rejectUnhandled: 1,
  badResult: 1,
  unreadableResult: 1,
  badArgs: 1,
  unreadableArgs: 1,
  exitingArgs: 1,
  huge: 1,
  report: 2,
  lock: 4,
  lockAndExit: 1,
  queueGet: 3,
  queuePut: 4,
  queueAndExit: 1,
}

/** Behaviors only for processes. In a thread, the body returns a value instead. */
const PROCESS_BEHAVIORS = { abort: 1, kill: 2, term: 1, ignoreSigterm: 0.3, spawn: 1 }

/** Behaviors whose bodies never end by themselves. */
export const ENDLESS = new Set(['hang', 'loop', 'ignoreSigterm'])

const value = fc.oneof(fc.integer(), fc.string({ maxLength: 40 }), fc.jsonValue({ maxDepth: 2 }))

const order = fc.record({
  behavior: weighted({ ...BEHAVIORS, ...PROCESS_BEHAVIORS }),
  ms: fc.nat(25),
  value,
  code: fc.integer({ min: 1, max: 120 }),
})

/** How the parent interferes with a call. */
const interference = weighted({
  none: 60,
  cancel: 10,
  abort: 6,
  timeout: 8,
  graceTimeout: 4,
  queueTimeout: 4,
  graceCancel: 4,
})

const call = fc.record({
  do: fc.constant('call'),
  slot: fc.nat(11),
  order,
  interference,
  after: fc.nat(120),
  priority: fc.integer({ min: -1, max: 1 }),
})

const method = fc.record({
  do: fc.constant('method'),
  slot: fc.nat(11),
  method: weighted({ perform: 6, withTimeout: 3, withGrace: 3, nested: 2, exclusive: 2 }),
  order,
  interference: weighted({ none: 8, cancel: 2 }),
  after: fc.nat(120),
})

const burst = fc.record({
  do: fc.constant('burst'),
  slot: fc.nat(11),
  count: fc.integer({ min: 20, max: 200 }),
  value,
  /** Every n-th call is cancelled, `turns` turns of the event loop later. 0: no call is cancelled. */
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
  interference: weighted({ none: 6, cancel: 1, leave: 2, unread: 1 }),
  after: fc.nat(60),
})

const stream = fc.record({
  do: fc.constant('stream'),
  slot: fc.nat(11),
  count: fc.nat(60),
  ms: fc.nat(4),
  /** The number of values after which the reader leaves. If it is higher than `count`, the reader reads to the end. */
  take: fc.nat(80),
  leave: weighted({ return: 3, forget: 1, throw: 1 }),
})

const outsideSignal = fc.record({
  do: fc.constant('signal'),
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
    { weight: 6, arbitrary: outsideSignal },
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

/** The endless sequence of actions. */
export function* actions(seed) {
  for (let batch = 0; ; batch++) {
    yield* fc.sample(action, { seed: seed * 100_003 + batch, numRuns: BATCH, unbiased: true })
  }
}

/** The options of the pool with that number. */
export function poolPlan(seed, number, kind) {
  return fc.sample(poolOptions(kind), { seed: seed * 99_991 + number, numRuns: 1, unbiased: true })[0]
}

/** Replaces a behavior that only processes can have if the order goes to a thread. */
export function orderFor(kind, planned) {
  return kind === 'thread' && planned.behavior in PROCESS_BEHAVIORS ? { ...planned, behavior: 'value' } : planned
}

function weighted(weights) {
  return fc.oneof(
    ...Object.entries(weights).map(([name, weight]) => ({
      weight: Math.round(weight * 10),
      arbitrary: fc.constant(name),
    })),
  )
}
