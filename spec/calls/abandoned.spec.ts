import { scratchFile } from '../support/gate'
import { resultOf } from '../support/program'

test('calls whose futures were dropped free their workers and memory', async () => {
  const of = (kind: string): object => ({
    [`${kind}: context of the first call`]: 0,
    [`${kind}: made in bodies`]: 0,
    [`${kind}: call behind a dropped stream`]: 'done',
    [`${kind}: dropped stream`]: 'ended',
    [`${kind}: waits`]: 0,
    [`${kind}: dropped map`]: 'ended',
  })
  const results = await resultOf('abandoned.mts', { execArgv: ['--expose-gc'], args: [scratchFile()] })
  expect(results).toEqual({ ...of('thread'), ...of('process') })
})
