import { Logger } from '@nestjs/common'
import { pathToFileURL } from 'node:url'
import { loggerClassRef } from '../../src/registry/logger-class'

class Bundled {}

const here = { url: pathToFileURL(__filename).href, format: 'cjs' as const }

describe("the class of Nest's Logger", () => {
  it('has no reference if it is that of the package', () => {
    expect(loggerClassRef(Logger, here)).toBeUndefined()
  })

  it('is named by its file and position if a bundle contains it, once', () => {
    const ref = loggerClassRef(Bundled, here)
    expect(ref).toEqual({
      module: here,
      name: 'Bundled',
      static: true,
      position: expect.stringMatching(/^\d+:\d+$/),
    })
    expect(loggerClassRef(Bundled, here)).toBe(ref)
  })
})
