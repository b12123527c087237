/** Signals to worker processes, from outside. */
import { childrenOf } from './proc.mjs'

class Strikes {
  /** Which signals a process got, by pid. */
  #sent = new Map()
  #stopped = new Map()
  count = 0

  /** Strikes one of the children of this program. */
  strike({ signal, pick, after }) {
    const pids = childrenOf(process.pid)
    if (pids.length === 0) return undefined
    const pid = pids[pick % pids.length]
    if (!send(pid, signal)) return undefined
    this.count += 1
    this.#sent.set(pid, [...(this.#sent.get(pid) ?? []), signal])
    if (signal === 'SIGSTOP') {
      clearTimeout(this.#stopped.get(pid))
      this.#stopped.set(
        pid,
        setTimeout(() => this.#wake(pid), after),
      )
    }
    return pid
  }

  /** Whether a process died of what it was struck with. */
  explain({ pid, signal }) {
    return this.#sent.get(pid)?.includes(signal) ?? false
  }

  wakeAll() {
    for (const pid of [...this.#stopped.keys()]) this.#wake(pid)
  }

  #wake(pid) {
    clearTimeout(this.#stopped.get(pid))
    this.#stopped.delete(pid)
    send(pid, 'SIGCONT')
  }
}

export const strikes = new Strikes()

function send(pid, signal) {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false // it has just ended
  }
}
