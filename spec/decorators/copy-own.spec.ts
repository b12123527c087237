import { resultOf } from '../support/program'

describe('reflect-metadata', () => {
  it('is not loaded by importing the package, which defines no globals', async () => {
    const { added, metadata } = await resultOf('imports-only.mjs')
    expect([added, metadata]).toEqual([[], 'undefined'])
  })

  it('is not loaded for a program that does not use it', async () => {
    await expect(resultOf('metadata.cjs', { args: ['none'] })).resolves.toEqual({ loaded: [] })
  })

  it('of the program is used to copy the metadata of a function to its wrapper', async () => {
    await expect(resultOf('metadata.cjs', { args: ['reflect-metadata'] })).resolves.toEqual({
      route: '/render',
      loaded: ['Reflect'],
    })
  })

  it('of the program is also used if it is not on `Reflect`', async () => {
    await expect(resultOf('metadata.cjs', { args: ['reflect-metadata/no-conflict'] })).resolves.toEqual({
      route: '/render',
      loaded: ['ReflectNoConflict'],
    })
  })
})
