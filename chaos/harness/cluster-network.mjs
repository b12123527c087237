/** Machines of a cluster in network namespaces, joined to that of the engine by links that can be cut. As spec/cluster/faults/networks.ts. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { sleep } from './waits.mjs'

/** Where everything runs if there are no namespaces. */
const HERE = { prefix: [], isCut: false, cut: undefined }

/** A namespace ends with the last process in it. The one that keeps it reads a pipe of this program, so it ends with it. */
async function openNamespace() {
  const keeper = spawn('unshare', ['--net', 'sh', '-c', 'read _'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const path = `/proc/${keeper.pid}/ns/net`
  while (readlinkSync(path) === readlinkSync('/proc/self/ns/net')) await sleep(5)
  const prefix = ['nsenter', `--net=${path}`, '--']
  const ip = (command) => execFileSync(prefix[0], [...prefix.slice(1), 'ip', ...command.split(' ')])
  ip('link set lo up')
  return { keeper, prefix, ip }
}

export class ClusterNetwork {
  host = '127.0.0.1'
  engine = HERE
  #namespaces = []
  #links = 0

  /** Whether links can be cut here. */
  get hasLinks() {
    return this.#namespaces.length > 0
  }

  async open() {
    const makes = 'ip link add pebble0 type veth peer name pebble1 && command -v nsenter'
    if (spawnSync('unshare', ['--net', 'sh', '-c', makes]).status !== 0) return
    this.host = '10.78.0.1'
    this.engine = await this.#namespace()
    this.engine.ip(`address add ${this.host}/32 dev lo`)
  }

  /** A place for a program that talks to the engine. */
  async join() {
    if (!this.hasLinks) return { ...HERE }
    const n = ++this.#links
    const machine = await this.#namespace()
    this.engine.ip(`link add link${n} type veth peer name engine netns ${machine.keeper.pid}`)
    this.engine.ip(`address add 10.78.${n}.1/24 dev link${n}`)
    this.engine.ip(`link set link${n} up`)
    machine.ip(`address add 10.78.${n}.2/24 dev engine`)
    machine.ip('link set engine up')
    machine.ip(`route add ${this.host} via 10.78.${n}.1`)
    const set = (state) => this.engine.ip(`link set link${n} ${state}`)
    return { prefix: machine.prefix, cut: () => set('down'), restore: () => set('up') }
  }

  close() {
    for (const { keeper } of this.#namespaces) keeper.stdin.end('\n')
  }

  async #namespace() {
    const namespace = await openNamespace()
    this.#namespaces.push(namespace)
    return namespace
  }
}
