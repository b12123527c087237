import { pathToFileURL } from 'node:url'
import { classModule, isClassDefined, registerClass } from '../../src/registry/classes'

const url = pathToFileURL(__filename).href

class Money {}
const money = define(Money)
const made = [1, 2].map(() => define(class Made {}))

describe('names of classes', () => {
  it('contain the module, the name and the position', () => {
    expect(money).toBe(`cjs:${url}#Money#0`)
    expect(made).toEqual([`cjs:${url}#Made#0`, `cjs:${url}#Made#0.1`])
  })

  it('lead back to the module', () => {
    expect(classModule(money)).toEqual({ url, format: 'cjs' })
    expect(classModule('esm:data:text/javascript,a#b#Money#0')).toEqual({
      url: 'data:text/javascript,a#b',
      format: 'esm',
    })
    expect(() => classModule('Money')).toThrow(new TypeError('Expected the id of a class, got "Money" (string)'))
  })

  it('tell whether the class is defined', () => {
    expect(isClassDefined(money)).toBe(true)
    expect(isClassDefined(`cjs:${url}#Money#1`)).toBe(false)
  })
})

function define(cls: Function): string {
  return registerClass(cls, define).id
}
