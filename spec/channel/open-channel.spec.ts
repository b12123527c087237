/** Workers that cannot be started at all: Node throws, or returns a child without pid and pipes. */
import childProcess from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import fs, { readdirSync } from 'node:fs'
import type { WorkerExit } from '../../src/channel/channel'
import { openChannel } from '../../src/channel/open-channel'
import type { SessionSettings } from '../../src/wire/messages'

const settings: SessionSettings = {
  idBase: '',
  kind: 'process',
  concurrency: 1,
  depth: 1,
  lifelines: 1,
  environment: { testRunner: null, mainModule: null, startFolder: null },
}

afterEach(() => jest.restoreAllMocks())

/** Opens a channel, uses it as a pool would, and returns how the worker ended. */
async function exitOf(kind: 'thread' | 'process', options: () => { settings: SessionSettings }): Promise<WorkerExit> {
  const events = new EventEmitter()
  const channel = openChannel(kind, { message: () => undefined, exit: (exit) => events.emit('exit', exit) }, options)
  const exit = once(events, 'exit')
  channel.setRef(true)
  channel.send({ type: 'stop' })
  channel.drain([])
  channel.setRef(false)
  expect([channel.id, channel.receive()]).toEqual([null, false])
  channel.kill(10)
  const [how] = (await exit) as [WorkerExit]
  return how
}

test.each(['thread', 'process'] as const)(
  'a %s whose settings cannot be created exits with that error',
  async (kind) => {
    const error = new TypeError('no settings')
    const exit = await exitOf(kind, () => {
      throw error
    })
    expect(exit).toEqual({ exitCode: null, signal: null, error, stderr: '' })
  },
)

test('a thrown value that is not an error becomes the cause of one', async () => {
  const { error } = await exitOf('thread', () => {
    throw 'a text'
  })
  expect(error).toMatchObject({ message: 'It could not be started.', cause: 'a text' })
})

test('a process whose cwd is not a folder leaves no descriptor open', async () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length
  const before = descriptors()
  const { error } = await exitOf('process', () => ({ settings, context: { cwd: __filename } }))
  expect(error).toMatchObject({ code: 'ENOTDIR' })
  expect(descriptors()).toBe(before)
})

test('a process exits with EMFILE if no descriptor is left for its slot file', async () => {
  jest.spyOn(fs, 'openSync').mockImplementation(() => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
  })
  expect((await exitOf('process', () => ({ settings }))).error).toMatchObject({ code: 'EMFILE' })
})

test('a process exits with EMFILE if no descriptor is left for its pipes', async () => {
  const bare = Object.assign(new EventEmitter(), { pid: undefined, ref: () => undefined, unref: () => undefined })
  const emfile = Object.assign(new Error('spawn EMFILE'), { code: 'EMFILE' })
  jest.spyOn(childProcess, 'spawn').mockImplementation(() => {
    process.nextTick(() => bare.emit('error', emfile))
    return bare as unknown as ChildProcess
  })
  expect(await exitOf('process', () => ({ settings }))).toEqual({ exitCode: null, signal: null, error: emfile, stderr: '' }) // prettier-ignore
})
