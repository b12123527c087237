/** What stands in a {@link WaitList}. */
export class ListNode {
  next: this | undefined
  previous: this | undefined
}

/** First in, first out; leaving from the middle costs the same however long it is. */
export class WaitList<T extends ListNode> {
  #first: T | undefined
  #last: T | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  append(one: T): void {
    one.previous = this.#last
    if (this.#last) this.#last.next = one
    else this.#first = one
    this.#last = one
    this.#length += 1
  }

  remove(one: T): void {
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
    if (first) this.remove(first)
    return first
  }
}
