/** Sends signals to worker processes from outside the library. */
import { childrenOf } from './proc-files.mjs'

class OutsideSignals {
  /** The signals that each process got, by pid. */
  #sent = new Map()
  #stopped = new Map()
  count = 0

  /** Sends a signal to one of the children of this program. After SIGSTOP, SIGCONT follows `after` ms later. */
  send({ signal, pick, after }) {
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

  /** Whether a process died of a signal that was sent to it here. */
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

export const outsideSignals = new OutsideSignals()

function send(pid, signal) {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false // the process has just ended
  }
}
