type Source = Iterable<unknown> | AsyncIterable<unknown>
type Step = IteratorResult<unknown[]>

/** Several iterables read in step: one element of each at a time; the shortest ends them all. */
export class Sources {
  readonly #iterators: Array<Iterator<unknown> | AsyncIterator<unknown>>
  /** How many elements there are, where that can be told. */
  readonly total: number | undefined

  constructor(sources: readonly Source[]) {
    this.total = totalOf(sources)
    this.#iterators = sources.map((source) =>
      Symbol.iterator in Object(source)
        ? (source as Iterable<unknown>)[Symbol.iterator]()
        : (source as AsyncIterable<unknown>)[Symbol.asyncIterator](),
    )
  }

  /** The next elements; a promise only where an iterable is asynchronous. Throws, or rejects, what an iterable throws. */
  next(): Step | Promise<Step> {
    const steps = this.#iterators.map((iterator) => iterator.next())
    if (!steps.some(isPromise)) return joined(steps as Array<IteratorResult<unknown>>)
    return Promise.all(steps.map((step) => Promise.resolve(step))).then(joined)
  }

  /** Nothing more is wanted: generators run their `finally`. */
  close(): void {
    for (const iterator of this.#iterators) void endOf(iterator).catch(() => undefined)
  }
}

async function endOf(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.()
}

/** @throws {TypeError} something is no iterable */
export function checkSources(sources: readonly unknown[]): readonly Source[] {
  if (sources.length === 0) throw new TypeError('Expected an iterable of elements after the function, got nothing')
  for (const source of sources) {
    if (!isSource(source)) throw new TypeError(`Expected an iterable of elements, got ${typeof source}`)
  }
  return sources as readonly Source[]
}

export function isSource(value: unknown): value is Source {
  if (typeof value === 'string') return true
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
}

function totalOf(sources: readonly Source[]): number | undefined {
  const sizes = sources.map((source) => {
    const { length, size } = source as { length?: unknown; size?: unknown }
    return typeof length === 'number' ? length : size
  })
  return sizes.every((size) => typeof size === 'number') ? Math.min(...sizes) : undefined
}

function joined(steps: Array<IteratorResult<unknown>>): Step {
  const done = steps.some((step) => step.done)
  return done ? { done, value: undefined } : { done: false, value: steps.map((step): unknown => step.value) }
}

const isPromise = (value: unknown): boolean => typeof (value as { then?: unknown }).then === 'function'
