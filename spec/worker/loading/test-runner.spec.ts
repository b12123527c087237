import type * as pebble from 'pebble-ts'
import { process, thread } from 'pebble-ts'
import { hidden, Shown, wrapped } from '../../fixtures/loading/hidden'
import { forEachKind, type Kind } from '../../support/setup'

const BELOW = 100

class InFile {
  readonly value = 1

  @thread
  async inThread(): Promise<number> {
    return this.value + BELOW
  }

  @process
  async inProcess(): Promise<number> {
    return this.value + BELOW
  }
}

class SubInFile extends InFile {
  override readonly value = 2 as 1
}

const insideFunction = /created inside a function after the module had loaded/

forEachKind('a class of a test file', (kind) => {
  class InSuite {
    @thread
    async inThread(): Promise<string> {
      return kind
    }

    @process
    async inProcess(): Promise<string> {
      return kind
    }
  }

  it('runs in workers if it belongs to the file or a suite, or is an undecorated subclass', async () => {
    expect(await call(kind, new InFile())).toBe(101)
    expect(await call(kind, new SubInFile())).toBe(102)
    expect(await call(kind, new InSuite())).toBe(kind)
  })

  it('runs in workers if it is imported from TypeScript, exported or not', async () => {
    expect(await call(kind, new Shown(), 4)).toBe(8)
    expect(await call(kind, hidden())).toBe('hidden')
    expect(await wrapped(1)).toBe(2)
  })

  it('does not run in workers if a test creates it, before or after an await', async () => {
    await expect(call(kind, new (local())())).rejects.toThrow(insideFunction)
    await expect(call(kind, new (local())())).rejects.toThrow(insideFunction)
  })

  it('can be spied on', async () => {
    const name = kind === 'thread' ? 'inThread' : 'inProcess'
    const spy = jest.spyOn(Shown.prototype, name)
    expect(await call(kind, new Shown(), 5)).toBe(10)
    expect(spy).toHaveBeenCalledWith(5)
    spy.mockRestore()
  })

  it('runs after jest.resetModules()', async () => {
    jest.resetModules()
    const again = require('../../fixtures/loading/hidden') as { Shown: typeof Shown }
    expect(again.Shown).not.toBe(Shown)
    expect(await call(kind, new again.Shown(), 6)).toBe(12)
    const { pools } = require('pebble-ts') as typeof pebble
    await pools.shutdown()
  })
})

interface Methods {
  inThread(...args: unknown[]): Promise<unknown>
  inProcess(...args: unknown[]): Promise<unknown>
}

function call(kind: Kind, object: object, ...args: unknown[]): Promise<unknown> {
  const methods = object as Methods
  return kind === 'thread' ? methods.inThread(...args) : methods.inProcess(...args)
}

function local(): new () => object {
  return class {
    @thread
    async inThread(): Promise<void> {}

    @process
    async inProcess(): Promise<void> {}
  }
}
