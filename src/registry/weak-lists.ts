/** Lists by key that do not keep their elements alive. */
export class WeakLists<V extends object> {
  readonly #lists = new Map<string, Set<WeakRef<V>>>()
  readonly #collected = new FinalizationRegistry<readonly [key: string, ref: WeakRef<V>]>(([key, ref]) => {
    const list = this.#lists.get(key)
    list?.delete(ref)
    if (list?.size === 0) this.#lists.delete(key)
  })

  get size(): number {
    return this.#lists.size
  }

  add(key: string, value: V): void {
    const ref = new WeakRef(value)
    const list = this.#lists.get(key) ?? new Set()
    this.#lists.set(key, list.add(ref))
    this.#collected.register(value, [key, ref])
  }

  get(key: string): V[] {
    return living(this.#lists.get(key) ?? [])
  }

  all(): V[] {
    return [...this.#lists.values()].flatMap((list) => living(list))
  }
}

const living = <V extends object>(refs: Iterable<WeakRef<V>>): V[] => [...refs].flatMap((ref) => ref.deref() ?? [])
