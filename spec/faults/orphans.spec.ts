import { isAlive } from '../support/processes'
import { killProgram } from '../support/program'
import '../support/setup'
import { until } from '../support/until'

test.each(['busy', 'waiting', 'idle'])(
  'a worker process that is %s ends with its parent, even if that is killed',
  async (what) => {
    const pid = Number(await killProgram('orphan.mts', { args: [what] }))
    expect(pid).toBeGreaterThan(1)
    await until(() => !isAlive(pid), 'the worker to end')
  },
)
