import { sighandler, sighandlers } from 'pebble-ts'

const decorate = sighandler as any

describe('@sighandler refuses at decoration', () => {
  const SAME = 'the system ends or stops the process itself.'
  it.each([
    ['SIGKILL', RangeError, `SIGKILL cannot be handled: ${SAME}`],
    [['SIGTERM', 'SIGSTOP'], RangeError, `SIGSTOP cannot be handled: ${SAME}`],
    [[], RangeError, 'Expected @sighandler to be given at least one signal, got none'],
    ['SIGTERMM', TypeError, "Unknown signal 'SIGTERMM'; did you mean 'SIGTERM'?"],
    ['sigterm', TypeError, "Unknown signal 'sigterm'; did you mean 'SIGTERM'?"],
    ['SIGNIFICANT', TypeError, "Unknown signal 'SIGNIFICANT'."],
    [15, TypeError, "Expected a signal by its name, such as 'SIGTERM', got `15` (number)"],
    [['SIGTERM', null], TypeError, "Expected a signal by its name, such as 'SIGTERM', got `null` (null)"],
    [{ timeout: 3 }, TypeError, "Expected a signal by its name, such as 'SIGTERM', got `{ timeout: 3 }` (object)"],
  ])('%p', (signals, Kind, message) => {
    expect(() => decorate(signals)).toThrow(new Kind(message))
  })

  it('to be used without a signal', () => {
    const text = "Expected @sighandler to be given a signal, or several: `@sighandler('SIGTERM')`"
    expect(() => decorate()).toThrow(new TypeError(text))
    expect(() => {
      class Bare {
        @decorate
        handle(): void {}
      }
      return Bare
    }).toThrow(new TypeError(text))
  })

  it('a plain function', () => {
    expect(() => decorate('SIGTERM')(() => undefined)).toThrow(
      new TypeError('Expected @sighandler to be put on a method, got `[Function (anonymous)]` (function)'),
    )
  })

  it('a class member that is not a method', () => {
    const refused: Array<[() => unknown, string]> = [
      [() => ({ A: class { @decorate('SIGTERM') get a() { return 1 } } }), 'a getter. Make it a method (`a`).'], // prettier-ignore
      [() => ({ A: class { @decorate('SIGTERM') a = () => 1 } }), 'a field, not even one that holds a function. Make it a method (`a`).'], // prettier-ignore
      [() => ({ A: class { @decorate('SIGTERM') *a() {} } }), 'a generator. Make it an ordinary method (`a`).'], // prettier-ignore
    ]
    for (const [define, text] of refused) expect(define).toThrow(new TypeError(`@sighandler cannot decorate ${text}`))
  })

  it('a #private method', () => {
    expect(() => {
      class Foo {
        @decorate('SIGTERM')
        #handle(): void {}
        handle = (): void => this.#handle()
      }
      return Foo
    }).toThrow(
      new TypeError(
        '@sighandler cannot decorate a #private method: it is called by its name. Use a `private` method of TypeScript (`#handle`).',
      ),
    )
  })
})

describe('@sighandler', () => {
  it('accepts a signal of another platform', () => {
    expect(() => decorate('SIGBREAK')).not.toThrow()
  })

  it('does not change the method', () => {
    const before = process.listeners('SIGUSR2')
    const method = function handle(_signal: string): void {}
    const context = { kind: 'method', name: 'handle', static: false, private: false, addInitializer: () => undefined }
    expect(decorate('SIGUSR2')(method, context)).toBe(method)
    expect(method).toHaveLength(1)
    expect(process.listeners('SIGUSR2')).toEqual(before)
  })

  it('has one listener on `process` for all instances, and removes it with the last one', () => {
    class Foo {
      @sighandler('SIGUSR2')
      handle(): void {}
    }
    expect(process.listenerCount('SIGUSR2')).toBe(0)
    const handlers = [new Foo(), new Foo(), new Foo()].map((foo) => sighandlers(foo))
    expect(process.listenerCount('SIGUSR2')).toBe(1)
    for (const each of [...handlers, ...handlers]) each[Symbol.dispose]()
    expect(process.listenerCount('SIGUSR2')).toBe(0)
  })

  it('works for instances of a frozen class', () => {
    class Foo {
      @sighandler('SIGUSR2')
      handle(): void {}
    }
    Object.freeze(Foo.prototype)
    const foo = new Foo()
    expect(process.listenerCount('SIGUSR2')).toBe(1)
    sighandlers(foo)[Symbol.dispose]()
    expect(process.listenerCount('SIGUSR2')).toBe(0)
  })

  it('is removed with an instance whose subclass has its own dispose method', () => {
    class Foo {
      @sighandler('SIGUSR2')
      handle(): void {}
    }
    const disposed: unknown[] = []
    class Sub extends Foo {
      [Symbol.dispose](): void {
        disposed.push(this)
      }
    }
    class AsyncSub extends Foo {
      async [Symbol.asyncDispose](): Promise<void> {
        disposed.push(this)
      }
    }
    const [sub, asyncSub] = [new Sub(), new AsyncSub()]
    expect(process.listenerCount('SIGUSR2')).toBe(1)
    sub[Symbol.dispose]()
    void asyncSub[Symbol.asyncDispose]()
    expect(process.listenerCount('SIGUSR2')).toBe(0)
    expect(disposed).toEqual([sub, asyncSub])
    expect(Symbol.dispose in asyncSub).toBe(false)
  })
})

it('sighandlers() refuses an object without handlers', () => {
  class Plain {}
  const text = 'Expected an instance or a class with @sighandler methods, got'
  expect(() => sighandlers(3 as never)).toThrow(new TypeError(`${text} \`3\` (number)`))
  expect(() => sighandlers(new Plain())).toThrow(new TypeError(`${text} \`Plain {}\` (Plain): it has none`))
})
