/** What happens to a cluster. Each deed resolves when the next one may follow. */
import { sleep } from './waits.mjs'

/** An engine that is back sooner, in ms, is back before any lease ends: 5 s, of which 2 s are kept, renewed each 1.7 s. */
const SHORT = 1000

const one = (list, random) => list[Math.floor(random() * list.length)]

export const deeds = {
  async killMachine(cluster, random) {
    const at = Math.floor(random() * cluster.machines.length)
    const { child } = cluster.machines[at]
    cluster.harm(child.pid, 0)
    child.kill('SIGKILL')
    cluster.machines[at] = await cluster.openMachine()
  },
  async stopMachine(cluster, random) {
    const { child } = one(cluster.machines, random)
    const ms = 500 + random() * 9000
    cluster.harm(child.pid, ms)
    child.kill('SIGSTOP')
    setTimeout(() => child.kill('SIGCONT'), ms)
  },
  async killBody(cluster, random) {
    const pid = one(cluster.running(), random)
    if (pid === undefined) return
    cluster.killed.add(pid)
    process.kill(pid, 'SIGKILL')
  },
  async cutConnections(cluster) {
    cluster.engine.cutConnections()
  },
  async restartEngine(cluster, random) {
    const began = performance.now()
    await cluster.engine.kill('SIGKILL')
    await sleep(random() * 800)
    await cluster.engine.start()
    const ms = performance.now() - began
    if (ms > SHORT) cluster.harm(undefined, ms)
  },
  /** For a while that is shorter or longer than a lease. A machine that is cut off already stays so. */
  async cutLink(cluster, random) {
    const { place, child } = one(cluster.machines, random)
    const ms = 500 + random() * 9000
    if (place.isCut) return
    cluster.harm(child.pid, ms)
    place.isCut = true
    place.cut()
    setTimeout(() => {
      place.isCut = false
      place.restore()
    }, ms)
  },
  /** Shorter than `connectTimeout`: its calls wait. */
  async cutCallersLink(cluster, random) {
    cluster.callerPlace.cut()
    await sleep(500 + random() * 3000)
    cluster.callerPlace.restore()
  },
}

/** Those that need links. */
export const OF_LINKS = ['cutLink', 'cutCallersLink']
