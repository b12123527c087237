/** Whether the workers of a pool may take work. All workers of a pool share one. */
export class PauseSwitch {
  #isPaused = false
  readonly #listeners = new Set<() => void>()

  get isPaused(): boolean {
    return this.#isPaused
  }

  set(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    for (const listener of [...this.#listeners]) listener()
  }

  /**
   * Calls `listener` on every change.
   *
   * @returns a function that unsubscribes it
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
