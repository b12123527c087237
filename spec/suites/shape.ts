import 'reflect-metadata'
import type * as Pebble from 'pebble-ts'
import { futureOf, thread } from 'pebble-ts'
import '../support/setup'
import type * as Services from '../stage3/services'

/** A decorated method as other decorators, mocks and tools see it, under either dialect. */
export function describeShape(
  { Base, log, Service, Undecorated }: typeof Services,
  dialect: 'stage3' | 'legacy',
): void {
  describe('the property of a decorated method', () => {
    it('keeps name and length, and has no prototype', () => {
      const { withOptions } = new Service()
      expect(withOptions.name).toBe('withOptions')
      expect(withOptions.length).toBe(1)
      expect(Service.prototype.withOptions.name).toBe('withOptions')
      expect(Service.prototype.withOptions.length).toBe(1)
      expect(Service.prototype.withOptions).not.toHaveProperty('prototype')
      expect(Service.bareStatic.name).toBe('bareStatic')
    })

    it('is not enumerable', () => {
      expect(Object.keys(new Service())).toEqual(['greeting', 'factor'])
      expect(Object.getOwnPropertyDescriptor(Service.prototype, 'bare')).toMatchObject({
        enumerable: false,
        configurable: true,
      })
    })

    it('returns the same function each time for one instance', () => {
      const service = new Service()
      expect(service.bare).toBe(service.bare)
      expect(Service.prototype.bare).toBe(Service.prototype.bare)
      expect(Undecorated.prototype.bare).toBe(Service.prototype.bare)
    })

    it('shows decorators above it what those below have put on the method', async () => {
      const service = new Service()
      expect(service.taggedAround).toHaveProperty('tags', ['below', 'above'])
      await expect(service.taggedAround()).resolves.toBe('tagged')
    })

    it('has the metadata of the original', () => {
      class Marked {
        @thread
        @((target: any, _key: any, descriptor?: PropertyDescriptor) => {
          Reflect.defineMetadata('route', '/marked', descriptor?.value ?? target)
        })
        async marked(): Promise<void> {}
      }
      expect(Reflect.getMetadata('route', new Marked().marked)).toBe('/marked')
      expect(Reflect.getOwnMetadata('route', Marked.prototype.marked)).toBe('/marked')
    })

    it('can be wrapped by another decorator', async () => {
      log.length = 0
      await expect(new Service().logged(5)).resolves.toBe(15)
      expect(log).toEqual(['called with 5'])
    })

    it('can be replaced and restored on an instance and on a prototype', async () => {
      const service = new Service()
      service.bare = async () => -1
      await expect(service.bare(1)).resolves.toBe(-1)
      expect(Object.keys(service)).toContain('bare')
      await expect(new Service().bare(1)).resolves.toBe(3)

      const original = Base.prototype.inherited
      Base.prototype.inherited = async () => 'replaced'
      await expect(service.inherited('x')).resolves.toBe('replaced')
      Base.prototype.inherited = original
      await expect(service.inherited('x')).resolves.toBe('hello x from Service')
      expect(Base.prototype.inherited).toBe(original)
    })

    if (dialect === 'legacy') {
      it('is a plain data property, as tools that scan prototypes expect', () => {
        new Service()
        const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'bare')
        expect(descriptor).toEqual({
          value: Service.prototype.bare,
          configurable: true,
          enumerable: false,
          writable: true,
        })
        expect(new Service().bare).toBe(Service.prototype.bare)
      })

      it('is set in the descriptor, and the descriptor is returned', () => {
        const descriptor = { value: async () => 3, configurable: true, enumerable: false, writable: true }
        const original = descriptor.value
        const returned: unknown = (thread as any)({}, 'method', descriptor)
        expect(returned).toBe(descriptor)
        expect(descriptor.value).not.toBe(original)
      })

      it('is read from its holder if the descriptor is empty', async () => {
        class Foo {
          async method(): Promise<number> {
            return 3
          }
        }
        const returned = (thread as any)(Foo.prototype, 'method', {}) as PropertyDescriptor
        expect(returned.value).not.toBe(Foo.prototype.method)
        expect(returned.value).toHaveProperty('name', 'method')
      })
    }
  })

  describe('jest.spyOn', () => {
    afterEach(() => jest.restoreAllMocks())

    it('on the prototype affects instances created before and after, and can be restored', async () => {
      const before = new Service()
      const spy = jest.spyOn(Service.prototype, 'bare').mockResolvedValue(42)
      await expect(before.bare(1)).resolves.toBe(42)
      await expect(new Service().bare(2)).resolves.toBe(42)
      expect(spy).toHaveBeenCalledTimes(2)
      spy.mockRestore()
      await expect(before.bare(1)).resolves.toBe(3)
    })

    it('on the prototype calls through to the worker', async () => {
      const spy = jest.spyOn(Service.prototype, 'where')
      await expect(new Service().where()).resolves.toBe(true)
      expect(spy).toHaveBeenCalledTimes(1)
    })

    it('on an instance affects only that instance', async () => {
      const [spied, other] = [new Service(), new Service()]
      const spy = jest.spyOn(spied, 'bare').mockResolvedValue(42)
      await expect(spied.bare(1)).resolves.toBe(42)
      await expect(other.bare(1)).resolves.toBe(3)
      spy.mockRestore()
      await expect(spied.bare(1)).resolves.toBe(3)
    })

    it('on a class affects its static method', async () => {
      const spy = jest.spyOn(Service, 'bareStatic').mockResolvedValue('mocked')
      await expect(Service.bareStatic(1)).resolves.toBe('mocked')
      spy.mockRestore()
      await expect(Service.bareStatic(1)).resolves.toBe('Service 1')
    })

    it('works before the first instance is created', async () => {
      class Fresh {
        @thread
        async method(): Promise<number> {
          return 3
        }
      }
      const spy = jest.spyOn(Fresh.prototype, 'method').mockResolvedValue(42)
      await expect(new Fresh().method()).resolves.toBe(42)
      spy.mockRestore()
      expect(futureOf(new Fresh().method()).cancel()).toBe(true)
    })
  })

  it('the methods of both copies run after jest.resetModules()', async () => {
    const before = new Service()
    jest.resetModules()
    const fresh = require(`../${dialect}/services`) as typeof Services
    expect(fresh.Service).not.toBe(Service)
    await expect(new fresh.Service().bare(2)).resolves.toBe(6)
    await expect(fresh.add(1, 2)).resolves.toBe(3)
    await expect(before.bare(3)).resolves.toBe(9)
    await (require('pebble-ts') as typeof Pebble).pools.shutdown()
  })
}
