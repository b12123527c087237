import { Logger } from '@nestjs/common'
import { loggerState } from '../../src/utils/nest-logger'

class Other {
  static overrideLogger(): void {}
}

describe("the state of Nest's Logger", () => {
  it('is its context', () => {
    expect(loggerState(new Logger('Reports'))).toMatchObject({ context: 'Reports' })
  })

  it('is known whatever a bundler calls the class', () => {
    const renamed = Object.defineProperty(class extends Logger {}, 'name', { value: 't' })
    for (const name of ['overrideLogger', 'isLevelEnabled'])
      Object.defineProperty(renamed, name, { value: Reflect.get(Logger, name) })
    expect(loggerState(new renamed('Reports'))).toMatchObject({ context: 'Reports' })
  })

  it('is not that of a subclass, which may do anything, nor of another class', () => {
    expect(loggerState(new (class extends Logger {})('Reports'))).toBeUndefined()
    expect(loggerState(new Other())).toBeUndefined()
  })
})
