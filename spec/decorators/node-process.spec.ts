import { inspect } from 'node:util'
import * as pebble from 'pebble-ts'

const { process: decorator } = pebble as unknown as {
  process: Record<string, unknown> & ((...args: never[]) => unknown)
}

describe('members of Node’s `process` that the decorator lacks', () => {
  test.each(['env', 'exit', 'on', 'argv', 'pid', 'nextTick', 'stdout', 'memoryUsage'])(
    'process.%s throws an error that says so',
    (name) => {
      const message =
        `\`process.${name}\`: \`process\` is the decorator of pebble-ts here. Import Node's by another name, ` +
        "`import nodeProcess from 'node:process'`, or the decorator: `import { process as inProcess } from 'pebble-ts'`."
      for (const each of [decorator, pebble.concurrent.process, pebble.asynchronous.process] as unknown as Array<
        typeof decorator
      >) {
        expect(() => each[name]).toThrow(new TypeError(message))
        expect(() => (each[name] = 1)).toThrow(new TypeError(message))
      }
    },
  )

  test('do not disturb tools that inspect functions', async () => {
    expect(inspect(decorator)).toContain('[Function: process]')
    expect(inspect(decorator, { showHidden: true })).toContain('Function')
    expect({ ...decorator }).toEqual({})
    expect(await (decorator as unknown as Promise<unknown>)).toBe(decorator)
    expect(JSON.stringify({ decorator })).toBe('{}')
    expect([decorator.name, 'then' in decorator, 'toJSON' in decorator]).toEqual(['process', false, false])
    expect(() => expect(decorator).toEqual(decorator)).not.toThrow()
    expect(jest.createMockFromModule('pebble-ts')).toHaveProperty('process')
  })
})
