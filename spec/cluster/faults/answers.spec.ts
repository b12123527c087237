/** Answers of the engine that are lost with the connection, after it has carried out what was asked. */
import '../../support/setup'
import { END, endLosingAnswers, LosingAnswers, PICK_UP } from './answers'
import { endEngines, startPostgres, startRedis } from './engines'
import { endRigs, LEASE, Rig, type Caller } from './rig'

jest.setTimeout(180_000)

afterEach(async () => {
  await endRigs()
  await endLosingAnswers()
  await endEngines()
})

const start = { redis: startRedis, postgres: startPostgres }

describe.each(['redis', 'postgres'] as const)('%s', (kind) => {
  /** A caller, and one machine whose answers may be lost. */
  async function setting(): Promise<[Rig, Caller, LosingAnswers]> {
    const engine = await start[kind]()
    const rig = new Rig(engine)
    const [way, connection] = await LosingAnswers.open(engine.url)
    const [caller, machine] = [rig.caller(), rig.machine({ connection })]
    await Promise.all([caller.ready(), machine.ready()])
    return [rig, caller, way]
  }

  const call = (rig: Rig, caller: Caller, count: number, ms: number): Array<ReturnType<Caller['call']>> =>
    Array.from({ length: count }, (_, n) => caller.call('work', [rig.log, ms], { id: `c${n}` }))

  test.each([
    ['a pick-up', PICK_UP[kind], 4],
    ['an end, and of the pick-up that comes with it', END[kind], 4],
  ])('the answers of %s are lost: each call starts once, and its caller gets its value', async (_what, of, times) => {
    const [rig, caller, way] = await setting()
    way.lose(of, times)
    const settled = await Promise.all(call(rig, caller, 20, 20).map((made) => made.settled))
    expect(way.lost).toBe(times)
    expect(settled.map(({ error }) => error).filter(Boolean)).toEqual([])
    expect([rig.noted('start').length, rig.noted('end').length]).toEqual([20, 20])
    expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  })

  test('the answer of a pick-up comes when the body would be stopped already: it starts with a renewed lease', async () => {
    const [rig, caller, way] = await setting()
    way.hold(PICK_UP[kind], LEASE - 1500)
    const settled = await Promise.all(call(rig, caller, 2, 600).map((made) => made.settled))
    expect(way.lost).toBe(1)
    expect(settled.map(({ error }) => error)).toEqual([undefined, undefined])
    expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  })
})
