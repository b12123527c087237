/** Whether the workers of a pool may take work: open, or closed for a pause. Who passes is told of every change. */
export class PauseSwitch {
  #isOpen = true
  readonly #listeners = new Set<() => void>()

  get isOpen(): boolean {
    return this.#isOpen
  }

  set(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    for (const listener of [...this.#listeners]) listener()
  }

  /** @returns how to stop hearing */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
