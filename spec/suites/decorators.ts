import { Future, futureOf, ProcessFuture } from 'pebble-ts'
import '../support/setup'
import type * as Services from '../stage3/services'

/** How decorated methods and wrapped functions behave, under either dialect. */
export function describeDecorators(services: typeof Services): void {
  const { add, addInProcess, addNumbers, Base, Money, OutOfMoney, Safe, Service, streamed, Undecorated } = services
  const service = new Service()

  describe('a decorated method', () => {
    it.each(['bare', 'called', 'withOptions', 'bareProcess'] as const)(
      'runs its body in a worker: %s',
      async (name) => {
        await expect(service[name](4)).resolves.toBe(12)
      },
    )

    it('runs in a thread of this process, or in another process', async () => {
      await expect(service.where()).resolves.toBe(true)
      await expect(service.calledProcess()).resolves.not.toBe(process.pid)
      await expect(service.processWithOptions()).resolves.not.toBe(process.pid)
    })

    it('returns a future of its kind at once', async () => {
      const future = futureOf(service.bare(1))
      const processFuture = futureOf(service.bareProcess(1))
      expect(future).toBeInstanceOf(Future)
      expect(future).not.toBeInstanceOf(ProcessFuture)
      expect(processFuture).toBeInstanceOf(ProcessFuture)
      expect(future.done()).toBe(false)
      await Promise.all([future, processFuture])
    })

    it('resolves to the result of the future that its body returns', async () => {
      await expect(service.future(5)).resolves.toBe(15)
    })

    it('numbers its calls', async () => {
      const { number } = futureOf(service.called(1))
      const next = futureOf(service.called(1))
      expect(next.number).toBe(number + 1)
      await next
    })

    it('sends the state that the instance has when the call is made', async () => {
      const own = new Service(10)
      const before = own.bare(2)
      own.factor = 100
      await expect(before).resolves.toBe(20)
      await expect(own.bare(2)).resolves.toBe(200)
    })

    it('rejects with the error of the body', async () => {
      await expect(service.fail('out of range')).rejects.toThrow(new RangeError('out of range'))
      await expect(service.fail('out of range')).rejects.toBeInstanceOf(RangeError)
    })

    it('may be named by a symbol or a quoted name, or be private', async () => {
      const registered = Symbol.for('spec.registered') as unknown as 'bare'
      await expect(service[registered](1)).resolves.toBe(2)
      await expect(service.callSecret(1)).resolves.toBe(3)
      await expect(service['quoted name'](1)).resolves.toBe(4)
      await expect(service.callHidden(1)).resolves.toBe(5)
    })

    it('may be static', async () => {
      await expect(Service.bareStatic(1)).resolves.toBe('Service 1')
      await expect(Service.staticProcess(2)).resolves.toBe('Service 2')
      const { bareStatic } = Service
      await expect(bareStatic(3)).resolves.toBe('Service 3')
    })

    it('can be inherited; its this is then of the class of the instance', async () => {
      await expect(new Base().inherited('you')).resolves.toBe('hello you from Base')
      await expect(service.inherited('you')).resolves.toBe('hello you from Service')
      await expect(new Undecorated().inherited('you')).resolves.toBe('hello you from Undecorated')
      await expect(Service.inheritedStatic()).resolves.toBe('Service in a worker')
    })

    it('can be overridden, and super calls run in the same worker', async () => {
      await expect(new Base().overridden('x')).resolves.toBe('base x')
      await expect(service.overridden('x')).resolves.toBe('base x, then service x, a worker')
    })

    it('runs decorated calls inside its body inline', async () => {
      await expect(service.nested(2)).resolves.toEqual([6, 9])
    })

    it('streams the values of an async generator', async () => {
      const values: number[] = []
      const stream = service.values(3)
      for (let next = await stream.next(); ; next = await stream.next()) {
        if (next.done) {
          expect(next.value).toBe('end')
          break
        }
        values.push(next.value)
      }
      expect(values).toEqual([0, 3, 6])
    })

    it('rejects a call without its this', async () => {
      const { bare, values } = service
      const text =
        '`bare` of services.ts was called without its `this`: call it as a method of its instance, or bind it: `bare.bind(instance)`.'
      await expect(bare(1)).rejects.toThrow(new TypeError(text))
      await expect(bare.call(service, 1)).resolves.toBe(3)
      await expect(values(1).next()).rejects.toThrow('was called without its `this`')
    })
  })

  describe('an instance of a serializable class', () => {
    it('keeps its class on the way to the worker and back', async () => {
      const sum = await service.add(new Money(1, 'CHF'), new Money(2, 'CHF'))
      expect(sum).toBeInstanceOf(Money)
      expect(sum).toEqual(new Money(3, 'CHF'))
    })

    it('keeps its class if it is thrown', async () => {
      const error = await service.pay(new Money(5, 'CHF')).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(OutOfMoney)
      expect(error).toMatchObject({ message: '5 CHF are missing', missing: new Money(5, 'CHF') })
      expect((error as InstanceType<typeof OutOfMoney>).missing).toBeInstanceOf(Money)
    })

    it('can decide itself what is sent', async () => {
      const [opened, other] = await service.open(new Safe(7), 7)
      expect(opened).toBe(true)
      expect(other.opensWith(8)).toBe(true)
      await expect(new Safe(3).tries(3)).resolves.toBe(true)
      await expect(new Safe(3).tries(4)).resolves.toBe(false)
    })
  })

  describe('a wrapped function', () => {
    it('runs in a worker and returns a future of its kind', async () => {
      await expect(add(1, 2)).resolves.toBe(3)
      expect(add(1, 2)).toBeInstanceOf(Future)
      await expect(addInProcess(1, 2)).resolves.toBe(3)
      expect(addInProcess(1, 2)).toBeInstanceOf(ProcessFuture)
    })

    it('keeps name and length, and does not change the original function', () => {
      expect(addInProcess.name).toBe('addNumbers')
      expect(addInProcess.length).toBe(2)
      expect(addNumbers(1, 2)).toBe(3)
    })

    it('streams the values of an async generator function', async () => {
      const values: number[] = []
      for await (const value of streamed(3)) values.push(value)
      expect(values).toEqual([0, 1, 2])
    })

    it('has callbacks of its own', async () => {
      const heard: unknown[] = []
      add.callback = (_id, sum) => heard.push(sum)
      await add(3, 4)
      add.callback = undefined
      await add(5, 6)
      expect(heard).toEqual([7])
    })
  })
}
