/** Workers that the runtime cannot even begin to start: it says so by a throw, or by a child without anything. */
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
  environment: { testRunner: null, mainModule: null, startFolder: null },
}

afterEach(() => jest.restoreAllMocks())

/** Opens a channel and uses it as a pool would; how it ended. */
async function exitOf(kind: 'thread' | 'process', options: () => { settings: SessionSettings }): Promise<WorkerExit> {
  const told = new EventEmitter()
  const channel = openChannel(kind, { message: () => undefined, exit: (exit) => told.emit('exit', exit) }, options)
  const exit = once(told, 'exit')
  channel.setRef(true)
  channel.send({ type: 'stop' })
  channel.drain([])
  channel.setRef(false)
  expect([channel.id, channel.receive()]).toEqual([null, false])
  channel.kill(10)
  const [how] = (await exit) as [WorkerExit]
  return how
}

test.each(['thread', 'process'] as const)('what a %s is to be told cannot be made', async (kind) => {
  const error = new TypeError('no settings')
  const exit = await exitOf(kind, () => {
    throw error
  })
  expect(exit).toEqual({ exitCode: null, signal: null, error, stderr: '' })
})

test('what was thrown is no error', async () => {
  const { error } = await exitOf('thread', () => {
    throw 'a text'
  })
  expect(error).toMatchObject({ message: 'It could not be started.', cause: 'a text' })
})

test('the folder of a process is none: nothing stays open', async () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length
  const before = descriptors()
  const { error } = await exitOf('process', () => ({ settings, context: { cwd: __filename } }))
  expect(error).toMatchObject({ code: 'ENOTDIR' })
  expect(descriptors()).toBe(before)
})

test('no descriptor is left for its slot file', async () => {
  jest.spyOn(fs, 'openSync').mockImplementation(() => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
  })
  expect((await exitOf('process', () => ({ settings }))).error).toMatchObject({ code: 'EMFILE' })
})

test('no descriptor is left for its pipes: Node gives a child without any', async () => {
  const bare = Object.assign(new EventEmitter(), { pid: undefined, ref: () => undefined, unref: () => undefined })
  const emfile = Object.assign(new Error('spawn EMFILE'), { code: 'EMFILE' })
  jest.spyOn(childProcess, 'spawn').mockImplementation(() => {
    process.nextTick(() => bare.emit('error', emfile))
    return bare as unknown as ChildProcess
  })
  expect(await exitOf('process', () => ({ settings }))).toEqual({ exitCode: null, signal: null, error: emfile, stderr: '' }) // prettier-ignore
})
