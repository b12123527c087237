/** An element of a {@link WaitList}. */
export class ListNode {
  next: this | undefined
  previous: this | undefined
  isListed = false
}

/** First in, first out. Removing an element takes the same time wherever it is. */
export class WaitList<T extends ListNode> {
  #first: T | undefined
  #last: T | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  append(node: T): void {
    node.previous = this.#last
    if (this.#last) this.#last.next = node
    else this.#first = node
    this.#last = node
    this.#length += 1
    node.isListed = true
  }

  /** Removes an element of this list. Returns false if it has been removed before. */
  remove(node: T): boolean {
    if (!node.isListed) return false
    if (node.previous) node.previous.next = node.next
    else this.#first = node.next
    if (node.next) node.next.previous = node.previous
    else this.#last = node.previous
    node.next = node.previous = undefined
    node.isListed = false
    this.#length -= 1
    return true
  }

  /** Removes the first element. */
  shift(): T | undefined {
    const first = this.#first
    if (first) this.remove(first)
    return first
  }

  /** Removes all elements. */
  clear(): T[] {
    const all: T[] = []
    for (let node = this.shift(); node; node = this.shift()) all.push(node)
    return all
  }
}
