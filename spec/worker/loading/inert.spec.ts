import { inert } from '../../../src/worker/loading/inert'

// A test file may do anything with its test runner at the top level, so nothing is typed here.
const stub = inert({ known: 1 }) as any // stands for values of any type

describe('an inert value', () => {
  it('accepts calls, constructions and chains', () => {
    expect(() => stub(1).not.resolves.toBe(2).and[Symbol.for('x')]).not.toThrow()
    expect(() => new stub.Thing().method`x`).not.toThrow()
    expect(() => class extends stub.Base {}).not.toThrow()
  })

  it('can be assigned to, awaited, iterated and destructured', async () => {
    stub.a.b = 1
    expect(await stub).toBe(stub)
    expect([...stub]).toEqual([])
    const { x, ...rest } = stub
    expect(typeof x).toBe('function')
    expect(rest).toEqual({})
  })

  it('has the properties that it is given', () => {
    expect(stub.known).toBe(1)
  })
})
