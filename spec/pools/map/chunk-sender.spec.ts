import { ChunkSender, type ChunkSettings } from '../../../src/pools/map/chunk-sender'
import { MessageKind, type WorkerMessage } from '../../../src/wire/messages'

type OnEvent = (message: WorkerMessage) => void

test('an element whose dispatch fails after the call was sent fails once, and late events of the call are harmless', () => {
  const events: OnEvent[] = []
  const dispatch = (...args: unknown[]): never => {
    events.push((args[3] as { onEvent: OnEvent }).onEvent)
    throw new RangeError('Maximum call stack size exceeded')
  }
  const hooks = {
    finish: jest.fn(() => false),
    finishRun: jest.fn(() => 0),
    fail: jest.fn(() => true),
    isOpen: () => false,
    refused: jest.fn(),
    settled: jest.fn(),
    cancellation: () => undefined,
  }
  const context = { run: (fn: () => void) => fn() }
  const settings = { pool: { dispatch }, task: {}, width: 1, limits: {}, context } as unknown as ChunkSettings
  new ChunkSender(settings, hooks).send({ first: 3, count: 1, args: [1] })
  expect(hooks.fail).toHaveBeenCalledWith(3, new RangeError('Maximum call stack size exceeded'))
  events[0]?.({ kind: MessageKind.ElementRun, sequence: 1, duration: 0, flags: 0, data: [2] })
  expect(hooks.finishRun).toHaveBeenCalledWith(3, [2])
  expect(hooks.fail).toHaveBeenCalledTimes(1)
})
