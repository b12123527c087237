import { pathToFileURL } from 'node:url'
import { runInThisContext } from 'node:vm'
import { locateClass } from '../../src/registry/locate-class'

export class Exported {}
class Internal {}

const here = { url: pathToFileURL(__filename).href, format: 'cjs' }

describe('the location of a class', () => {
  it('is the module that exports it', () => {
    expect(locateClass(Exported)).toEqual({ module: here })
  })

  it('is the file that defines it, with the position', () => {
    expect(locateClass(Internal)).toEqual({ module: here, position: expect.stringMatching(/^\d+:\d+$/) })
  })

  it('tells apart two classes of one name', () => {
    const [first, second] = evaluate('(() => [class Foo {}, class Foo {}])()') as [Function, Function]
    expect(locateClass(first)).toMatchObject({ module: { url: 'file:///app/foo.ts' }, position: '0:8' })
    expect(locateClass(second)).toMatchObject({ module: { url: 'file:///app/foo.ts' }, position: '0:22' })
  })

  it('is not known without a file', () => {
    expect(locateClass(runInThisContext('(class Foo {})') as Function)).toBeNull()
  })

  it('is an ES module under vitest, which evaluates them as scripts', () => {
    const cls = evaluate('(class Foo {})') as Function
    expect(locateClass(cls)?.module.format).toBe('cjs')
    Object.assign(globalThis, { __vitest_worker__: {} })
    try {
      expect(locateClass(cls)?.module.format).toBe('esm')
    } finally {
      Reflect.deleteProperty(globalThis, '__vitest_worker__')
    }
  })
})

const evaluate = (code: string): unknown => runInThisContext(code, { filename: '/app/foo.ts' })
