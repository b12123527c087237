import { pathToFileURL } from 'node:url'
import { callingModule } from '../../src/registry/calling-module'

const here = pathToFileURL(__filename).href
const called = callAtTopLevel()

describe('the calling module', () => {
  it('is the file that is being loaded, through functions in between', () => {
    expect(called).toMatchObject({ module: { url: here, format: 'cjs' }, topLevel: true })
    expect(called.callPath.split(' ')).toHaveLength(2)
    expect(called.callPath.endsWith(called.position)).toBe(true)
  })

  it('is marked as not top-level in a function that runs later', async () => {
    await Promise.resolve()
    expect(ask()).toMatchObject({ module: { url: here }, topLevel: false })
  })

  test.each<[string | URL, string, string]>([
    ['/a b/x.js', 'file:///a%20b/x.js', 'cjs'],
    ['/a/x.mts', 'file:///a/x.mts', 'esm'],
    ['file:///a%20b/x.ts?v=1', 'file:///a%20b/x.ts?v=1', 'esm'],
    ['file:///a/x.cjs', 'file:///a/x.cjs', 'cjs'],
    [new URL('file:///a/x.js'), 'file:///a/x.js', 'esm'],
    ['data:text/javascript,1', 'data:text/javascript,1', 'esm'],
  ])('is %s if that is given', (override, url, format) => {
    expect(ask(override)).toMatchObject({ module: { url, format }, topLevel: true })
  })

  it('cannot be given as a relative path', () => {
    expect(() => ask('./x.js')).toThrow(
      new TypeError(
        'Expected `module` to be `import.meta.url`, `__filename` or another absolute path or file URL, got "./x.js" (string)',
      ),
    )
  })

  it('is found in spite of short stacks and foreign hooks, and does not change them', () => {
    const before = Object.getOwnPropertyDescriptors(Error)
    const hook = { get: () => () => 'foreign', configurable: true, enumerable: false }
    Object.defineProperty(Error, 'prepareStackTrace', hook)
    Object.defineProperty(Error, 'stackTraceLimit', { value: 0, configurable: true, writable: false })
    try {
      expect(ask().module.url).toBe(here)
      expect(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')).toMatchObject(hook)
      expect(Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')).toMatchObject({ value: 0, writable: false })
    } finally {
      for (const name of ['prepareStackTrace', 'stackTraceLimit'] as const) {
        Reflect.deleteProperty(Error, name)
        if (before[name] !== undefined) Object.defineProperty(Error, name, before[name])
      }
    }
  })
})

function callAtTopLevel(): ReturnType<typeof callingModule> {
  return ask()
}

function ask(override?: string | URL): ReturnType<typeof callingModule> {
  return callingModule(ask, override)
}
