import { BullCallerEngine } from '../../src/cluster/caller-engine'
import { connect } from '../../src/cluster/connect'
import { BullWorkerEngine } from '../../src/cluster/worker-engine'
import '../support/setup'
import { settled, until } from '../support/until'
import { engineKit } from './engine-kit'
import { describeEngine, job, Machine } from './engine.suite'
import { describeWithEngine, queueName } from './services'

describeWithEngine('postgres', (engine) => {
  describeEngine(() => engineKit(engine()))

  describe('a machine whose clock differs from that of PostgreSQL', () => {
    const open: Array<{ close(): Promise<void> }> = []
    const opened = <T extends { close(): Promise<void> }>(each: T): T => (open.unshift(each), each)
    let queue: string
    let caller: BullCallerEngine
    beforeEach(() => {
      queue = queueName('clock')
      caller = opened(new BullCallerEngine(options()))
    })
    afterEach(async () => {
      jest.restoreAllMocks()
      for (const each of open.splice(0)) await settled(each.close(), 'the engine to close')
    })

    const options = () => {
      const connection = connect(engine().url)
      return { queue, connection, secrets: ['key'], lease: 3_000, keep: 60_000, keepFailed: 60_000 }
    }
    function openWorker() {
      const given = options()
      const machine = new Machine()
      const worker = opened(new BullWorkerEngine({ ...given, parallel: 1 }))
      /** The clock of this machine is that much behind the engine's, in ms. */
      const differs = (ms: number) => jest.spyOn(given.connection.clock, 'offset', 'get').mockReturnValue(ms)
      return { worker, machine, differs }
    }
    const finished = (id: string) =>
      until(async () => (await caller.read([id]))[0]?.state === 'finished', `the end of ${id}`)

    it('takes no jobs, also after a pause', async () => {
      const { worker, machine, differs } = openWorker()
      differs(600)
      worker.start(machine)
      await expect(settled(worker.ready())).rejects.toThrow(/600 ms behind that of PostgreSQL, more than 500 ms/)
      worker.pause()
      worker.resume()
      await caller.add([job('a')])
      const other = openWorker()
      other.worker.start(other.machine)
      await finished('a')
      expect([machine.ids, other.machine.ids]).toEqual([[], ['a']])
    })

    it('is not needed for a caller that only attaches: it finds lost jobs, too', async () => {
      const { worker } = openWorker()
      const machine = new Machine(() => new Promise(() => undefined))
      worker.start(machine)
      await caller.add([job('a')])
      await until(() => machine.jobs.length === 1, 'the pick-up')
      await worker.close()
      const attached = opened(new BullCallerEngine(options()))
      attached.hold(true)
      await until(async () => (await attached.recoverLost()).includes('a'), 'the lost job')
    })

    it('hands jobs on if its clock has become wrong', async () => {
      const { worker, machine, differs } = openWorker()
      worker.start(machine)
      await caller.add([job('a')])
      await finished('a')
      const offset = differs(-600)
      await caller.add([job('b')])
      await until(async () => ((await caller.read(['b']))[0]?.data?.b ?? 0) > 0, 'the job to be handed on')
      expect(machine.ids).toEqual(['a'])
      offset.mockRestore()
      await finished('b')
    })

    it('is paused before it knows its clock: it takes jobs after `resume`', async () => {
      const { worker, machine } = openWorker()
      worker.start(machine)
      worker.pause()
      await worker.ready()
      await caller.add([job('a')])
      worker.resume()
      await finished('a')
      expect(machine.ids).toEqual(['a'])
    })
  })
})
