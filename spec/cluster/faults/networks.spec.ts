/** Links between machines that are cut for longer than a lease, or lose packets. The machines are network namespaces. */
import { isAlive } from '../../support/processes'
import '../../support/setup'
import { until } from '../../support/until'
import { endEngines, PostgresServer, RedisServer, type Engine } from './engines'
import { endNetworks, Network, type Link } from './networks'
import { endRigs, LEASE, LOST, Rig, TOLD_WITHIN, type Caller, type Machine, type Settled } from './rig'

jest.setTimeout(180_000)

afterEach(async () => {
  await endRigs()
  await endEngines()
  await endNetworks()
})

const PORT = 7700
/** A lease, in ms, that the loss of packets does not end. */
const PATIENT = 60_000
const RETRIES = { attempts: 2, on: ['lost'] }

interface Setting {
  readonly rig: Rig
  readonly engine: Engine
  readonly network: Network
  readonly caller: Caller
  readonly callerLink: Link
  readonly machine: Machine
  readonly machineLink: Link
}

/** An engine, a caller and a worker machine, each in a namespace of its own. */
async function setting(kind: Engine['kind']): Promise<Setting> {
  const network = await Network.open()
  const engine = kind === 'redis' ? new RedisServer(PORT, [], network) : new PostgresServer(PORT, network)
  await engine.start()
  const rig = new Rig(engine)
  const [callerLink, machineLink] = [await network.join(), await network.join()]
  const caller = rig.caller({}, callerLink.prefix)
  await caller.ready()
  const machine = rig.machine({}, machineLink.prefix)
  await machine.ready()
  return { rig, engine, network, caller, callerLink, machine, machineLink }
}

async function passed(ms: number): Promise<void> {
  const at = performance.now()
  await until(() => performance.now() - at >= ms, `${ms} ms to pass`)
}

describe.each(['redis', 'postgres'] as const)('%s', (kind) => {
  test('a machine whose link is cut for longer than its lease: its bodies die, its callers are told, it serves again', async () => {
    const { rig, caller, machine, machineLink } = await setting(kind)
    const once = caller.call('work', [rig.log, 60_000], { id: 'once' })
    const again = caller.call('spin', [rig.log, 7000], { id: 'again', retries: RETRIES })
    const pids = await Promise.all([rig.started('once'), rig.started('again')])
    const waiting = caller.call('work', [rig.log, 0], { id: 'waiting' })
    machineLink.cut()
    const [cut, cutAt] = [performance.now(), Date.now()]
    await until(() => pids.every((pid) => !isAlive(pid)), 'the bodies to end')
    const lived = rig.lastSign(...pids) - cutAt
    expect(lived).toBeLessThan(LEASE)
    rig.figure('bodies dead after the cut', lived)
    expect((await once.settled).error).toMatchObject(LOST)
    expect(performance.now() - cut).toBeLessThan(TOLD_WITHIN)
    rig.figure('told after the cut', performance.now() - cut)
    machineLink.restore()
    const restored = performance.now()
    expect((await waiting.settled).error).toBeUndefined()
    rig.figure('serves after the link is back', performance.now() - restored)
    expect(await again.settled).toMatchObject({ attempt: 2, value: rig.noted('start', 'again')[1] })
    expect(rig.noted('start', 'once')).toHaveLength(1)
    expect(rig.witness()).toEqual({ starts: 2, overlaps: 0 })
    expect((await caller.call('add', [1, 2]).settled).worker).toMatch(`:${machine.pid}`)
  })

  test('a caller whose link is cut: its calls go on, and it gets their outcomes when the link is back', async () => {
    const { rig, caller, callerLink } = await setting(kind)
    const calls = ['a', 'b', 'c', 'd'].map((id) => caller.call('work', [rig.log, 1500], { id }))
    await Promise.all(['a', 'b'].map((id) => rig.started(id)))
    callerLink.cut()
    await until(() => rig.noted('end').length === 4, 'the calls to end')
    const made = caller.call('work', [rig.log, 0], { id: 'made' })
    await passed(LEASE)
    expect(rig.noted('start', 'made')).toEqual([])
    callerLink.restore()
    const restored = performance.now()
    for (const { error } of await Promise.all([...calls, made].map((call) => call.settled)))
      expect(error).toBeUndefined()
    rig.figure('caller has all outcomes after its link is back', performance.now() - restored)
    expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  })

  /** TCP sends again what was lost, after 0.2, 0.4, 0.8 s and so on: far sooner than the leases of the first queue end. */
  test('a fifth of the packets is lost: each call starts once and settles; leases end only if they are short', async () => {
    const { rig: short, engine, caller, callerLink, machineLink } = await setting(kind)
    const rig = new Rig(engine, PATIENT)
    const patient = rig.caller({ connectTimeout: PATIENT }, callerLink.prefix)
    await Promise.all([patient.ready(), rig.machine({}, machineLink.prefix).ready()])
    for (const link of [callerLink, machineLink]) link.loseAFifth()
    const began = performance.now()
    const calls = (of: Rig, by: Caller, count: number): Array<Promise<Settled>> =>
      Array.from({ length: count }, (_, n) => by.call('work', [of.log, n % 50], { id: `c${n}` }).settled)
    const [all, some] = await Promise.all(
      [calls(rig, patient, 100), calls(short, caller, 40)].map((made) => Promise.all(made)),
    )
    rig.figure('140 calls with a fifth of the packets lost', performance.now() - began)
    expect(all?.map(({ error }) => error).filter(Boolean)).toEqual([])
    expect([rig.noted('start').length, rig.noted('end').length]).toEqual([100, 100])
    const lost = (some ?? []).flatMap(({ error }) => error ?? [])
    for (const { name, mayHaveRun } of lost)
      expect([
        ['ProcessExpired', true],
        ['PoolError', true],
      ]).toContainEqual([name, mayHaveRun])
    for (const each of [rig, short]) expect(each.witness()).toEqual({ starts: 1, overlaps: 0 })
  })
})
