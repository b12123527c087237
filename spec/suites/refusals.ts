import { process as inProcess, serializable, thread } from 'pebble-ts'

const anyThread = thread as any
const anyProcess = inProcess as any

/** What cannot be decorated, and the options that are refused, under either dialect. */
export function describeRefusals(dialect: 'stage3' | 'legacy'): void {
  describe('decoration refuses', () => {
    it('a getter', () => {
      expect(() => {
        class Foo {
          @anyThread
          get size(): number {
            return 3
          }
        }
        return Foo
      }).toThrow(
        new TypeError('@thread cannot decorate a getter: it could only return a promise. Make it a method (`size`).'),
      )
    })

    it('a setter', () => {
      expect(() => {
        class Foo {
          @anyProcess()
          set size(_size: number) {}
        }
        return Foo
      }).toThrow(
        new TypeError('@process cannot decorate a setter: it could not be awaited. Make it a method (`size`).'),
      )
    })

    it('a field', () => {
      expect(() => {
        class Foo {
          @anyThread
          size = async () => 3
        }
        return Foo
      }).toThrow(
        new TypeError(
          '@thread cannot decorate a field, not even one that holds a function: a worker finds methods by their class. Make it a method (`size`).',
        ),
      )
    })

    it('a class', () => {
      const text = '@thread decorates methods, not classes: put it on the methods that a worker is to run'
      expect(() => {
        @anyThread
        class Foo {}
        return Foo
      }).toThrow(TypeError)
      expect(() => anyThread(class {})).toThrow(new TypeError(`${text}.`))
      expect(() => {
        @anyThread({ timeout: 5 })
        class Foo {}
        return Foo
      }).toThrow(text)
    })

    it('a generator', () => {
      expect(() => {
        class Foo {
          @anyThread
          *values(): Generator<number> {
            yield 3
          }
        }
        return Foo
      }).toThrow(
        new TypeError(
          '@thread cannot decorate a generator: its values would have to wait for a worker. Make it an `async *` method (`values`).',
        ),
      )
    })

    it('memoize on an async generator', () => {
      expect(() => anyThread(async function* values() {}, { memoize: true })).toThrow(
        new TypeError('Expected `memoize` to be on a method with one result: `values` streams its values.'),
      )
    })

    it.each<[string, object, string]>([
      ['an unknown option', { tiemout: 5 }, 'TypeError: Unknown option `tiemout`; did you mean `timeout`?'],
      [
        'an option of pools',
        { maxWorkers: 2 },
        'TypeError: Unknown option `maxWorkers`; it is an option of pools: pass it to `pools.configure()`, or to a pool of ' +
          'your own for the option `pool`',
      ],
      [
        'an option that only processes have',
        { context: {} },
        'TypeError: Unknown option `context`; @thread takes `name`, `daemon`, `timeout`, `queueTimeout`, `grace`, `retries`, `callback`, ' +
          '`errorCallback`, `memoize`, `state`, `module`, `pool`',
      ],
      [
        'a value of the wrong type',
        { timeout: 'Foo' },
        'TypeError: Expected `timeout` to be a positive number, got `"Foo"` (string)',
      ],
      [
        'a value out of range',
        { timeout: 0 },
        'RangeError: Expected `timeout` to be a positive number, got `0` (number)',
      ],
      [
        'a value that is not a pool',
        { pool: {} },
        'TypeError: Expected `pool` to be a ThreadPool or the name of one, got `{}` (object)',
      ],
      [
        'an unknown option inside another option',
        { memoize: { tll: 5 } },
        'TypeError: Unknown option `memoize.tll`; did you mean `memoize.ttl`?',
      ],
    ])('%s', (_title, options, text) => {
      const messageOf = (decorate: () => unknown): string => {
        try {
          decorate()
          return 'nothing'
        } catch (error) {
          return String(error)
        }
      }
      expect(messageOf(() => anyThread(options))).toBe(text)
      expect(messageOf(() => anyThread(async () => 3, options))).toBe(text)
    })

    it('arguments that are neither options nor a method', () => {
      expect(() => anyThread(5)).toThrow(
        new TypeError('Expected the options of @thread to be an object, got `5` (number)'),
      )
      expect(() => anyThread()(5)).toThrow(
        new TypeError('Expected @thread to be put on a method or given a function, got `5` (number)'),
      )
    })

    it('anything but a class for @serializable', () => {
      expect(() => serializable((() => 3) as never)).toThrow(
        new TypeError('Expected @serializable to be put on a class, got `[Function (anonymous)]` (function)'),
      )
      expect(() => {
        class Foo {
          @(serializable as any)
          method(): void {}
        }
        return Foo
      }).toThrow('Expected @serializable to be put on a class')
    })

    if (dialect === 'legacy') {
      it('a parameter', () => {
        expect(() => anyThread({}, 'method', 0)).toThrow(
          new TypeError('@thread cannot decorate a parameter: put it on the method (`method`).'),
        )
      })
    }
  })
}
