/**
 * Machines in network namespaces, each joined to the machine of the engine by a link that can be cut or lose packets. The
 * interfaces of this machine are not touched.
 *
 *   10.77.0.1 engine ──┬── veth ── 10.77.1.2 ── a machine
 *                      └── veth ── 10.77.2.2 ── another one
 *
 * A namespace without a name ends with the last process in it. The process that keeps it reads a pipe of this one, so it
 * ends with it, however that is.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { until } from '../../support/until'
import { whenExited } from '../server-process'

/** A classic BPF program that drops 20 % of all packets: it compares a random number of 32 bits with a fifth of 2³². */
const DROP_A_FIFTH = '4,32 0 0 4294963256,37 1 0 858993459,6 0 0 2,6 0 0 0'

const opened = new Set<Namespace>()

/** Ends the namespaces of the spec. */
export async function endNetworks(): Promise<void> {
  for (const namespace of opened) await namespace.end()
  opened.clear()
}

class Namespace {
  readonly #keeper: ChildProcess
  readonly #path: string

  constructor() {
    this.#keeper = spawn('unshare', ['--net', 'sh', '-c', 'read _'], { stdio: ['pipe', 'ignore', 'inherit'] })
    this.#path = `/proc/${this.#keeper.pid}/ns/net`
    opened.add(this)
  }

  async ready(): Promise<void> {
    await until(() => readlinkSync(this.#path) !== readlinkSync('/proc/self/ns/net'), 'a network namespace')
    this.ip('link set lo up')
  }

  get pid(): number {
    return this.#keeper.pid as number
  }

  /** What comes before a command that runs in it. */
  get prefix(): readonly string[] {
    return ['nsenter', `--net=${this.#path}`, '--']
  }

  ip(command: string): void {
    this.#run('ip', command.split(' '))
  }

  tc(command: string, ...last: string[]): boolean {
    return spawnSync('nsenter', [`--net=${this.#path}`, '--', 'tc', ...command.split(' '), ...last]).status === 0
  }

  async end(): Promise<void> {
    this.#keeper.stdin?.end('\n')
    await whenExited(this.#keeper)
  }

  #run(program: string, args: readonly string[]): void {
    execFileSync('nsenter', [`--net=${this.#path}`, '--', program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}

/** The namespace of an engine, and those of the machines that are joined to it. */
export class Network {
  readonly host = '10.77.0.1'
  /** The addresses of all machines. */
  readonly network = '10.77.0.0/16'
  readonly #engine = new Namespace()
  #links = 0

  static async open(): Promise<Network> {
    const network = new Network()
    await network.#engine.ready()
    network.#engine.ip(`address add ${network.host}/32 dev lo`)
    return network
  }

  /** What comes before a command that runs beside the engine. */
  get prefix(): readonly string[] {
    return this.#engine.prefix
  }

  /** A new machine. */
  async join(): Promise<Link> {
    const n = ++this.#links
    const machine = new Namespace()
    await machine.ready()
    this.#engine.ip(`link add link${n} type veth peer name engine netns ${machine.pid}`)
    this.#engine.ip(`address add 10.77.${n}.1/24 dev link${n}`)
    this.#engine.ip(`link set link${n} up`)
    machine.ip(`address add 10.77.${n}.2/24 dev engine`)
    machine.ip('link set engine up')
    machine.ip(`route add ${this.host} via 10.77.${n}.1`)
    return new Link(machine, this.#engine, `link${n}`)
  }
}

/** The way of one machine to the engine. */
export class Link {
  readonly #machine: Namespace
  readonly #engine: Namespace
  readonly #name: string

  constructor(machine: Namespace, engine: Namespace, name: string) {
    this.#machine = machine
    this.#engine = engine
    this.#name = name
  }

  /** What comes before a command that runs on the machine. */
  get prefix(): readonly string[] {
    return this.#machine.prefix
  }

  /** Neither end hears anything of the other any more, nor is told. */
  cut(): void {
    this.#engine.ip(`link set ${this.#name} down`)
  }

  restore(): void {
    this.#engine.ip(`link set ${this.#name} up`)
  }

  /** From now on a fifth of the packets is lost, each way: by netem, or by a filter where the kernel lacks it. */
  loseAFifth(): void {
    for (const [end, name] of [[this.#engine, this.#name] as const, [this.#machine, 'engine'] as const]) {
      if (end.tc(`qdisc add dev ${name} root netem loss 20%`)) continue
      const filter = `filter add dev ${name} egress bpf direct-action bytecode`
      if (!end.tc(`qdisc add dev ${name} clsact`) || !end.tc(filter, DROP_A_FIFTH))
        throw new Error('This kernel has neither netem nor filters of BPF.')
    }
  }
}
