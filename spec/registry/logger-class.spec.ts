import { Logger } from '@nestjs/common'
import { pathToFileURL } from 'node:url'
import { loggerClassRef } from '../../src/registry/logger-class'

class Bundled {}

describe("the class of Nest's Logger", () => {
  it('has no reference if it is that of the package', () => {
    expect(loggerClassRef(Logger)).toBeUndefined()
  })

  it('is named by its file and position if a bundle contains it, once', () => {
    const ref = loggerClassRef(Bundled)
    expect(ref).toEqual({
      module: { url: pathToFileURL(__filename).href, format: 'cjs' },
      name: 'Bundled',
      static: true,
      position: expect.stringMatching(/^\d+:\d+$/),
    })
    expect(loggerClassRef(Bundled)).toBe(ref)
  })
})
