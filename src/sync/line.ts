/** What stands in a {@link Line}. */
export class Standing {
  next: this | undefined
  previous: this | undefined
}

/** First in, first out; leaving from the middle costs the same however long it is. */
export class Line<T extends Standing> {
  #first: T | undefined
  #last: T | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  join(one: T): void {
    one.previous = this.#last
    if (this.#last) this.#last.next = one
    else this.#first = one
    this.#last = one
    this.#length += 1
  }

  leave(one: T): void {
    if (one.previous) one.previous.next = one.next
    else this.#first = one.next
    if (one.next) one.next.previous = one.previous
    else this.#last = one.previous
    one.next = one.previous = undefined
    this.#length -= 1
  }

  /** Takes the first out. */
  shift(): T | undefined {
    const first = this.#first
    if (first) this.leave(first)
    return first
  }
}
