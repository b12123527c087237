import { thread } from 'pebble-ts'
import { describeCallbacks } from '../suites/callbacks'
import { describeDecorators } from '../suites/decorators'
import { describeRefusals } from '../suites/refusals'
import { describeShape } from '../suites/shape'
import * as services from './services'

describeDecorators(services)
describeShape(services, 'stage3')
describeCallbacks(services, 'stage3')
describeRefusals('stage3')

describe('decoration refuses, in stage 3 only,', () => {
  const anyThread = thread as any

  it('a #private method', () => {
    expect(() => {
      class Foo {
        @anyThread
        async #secret(): Promise<void> {}
        read = () => this.#secret()
      }
      return Foo
    }).toThrow(
      new TypeError(
        '@thread cannot decorate a #private method: a worker could not find it by name. Use a `private` method of TypeScript (`#secret`).',
      ),
    )
  })

  it('an accessor', () => {
    expect(() => {
      class Foo {
        @anyThread
        accessor size = 3
      }
      return Foo
    }).toThrow(new TypeError('@thread cannot decorate an accessor. Make it a method (`size`).'))
  })
})
