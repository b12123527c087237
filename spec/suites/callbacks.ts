import { callbacks, futureOf, process as inProcess, thread } from 'pebble-ts'
import '../support/setup'
import { until } from '../support/until'
import { warnings } from '../support/warnings'
import type * as Services from '../stage3/services'

/** The callbacks of decorated methods, under either dialect. */
export function describeCallbacks(services: typeof Services, dialect: 'stage3' | 'legacy'): void {
  const { ChildTeller, defaults, Service, Teller } = services

  describe('callbacks', () => {
    beforeEach(() => {
      defaults.length = 0
    })

    it('run for calls on the instance that they are assigned to, with that instance as their this', async () => {
      const [ann, bob] = [new Teller('Ann'), new Teller('Bob')]
      ann.listen()
      await Promise.all([ann.tell('one'), bob.tell('two')])
      expect(ann.heard).toEqual(['Ann heard one! of 36'])
      expect(bob.heard).toEqual([])
      expect(defaults).toEqual(['Bob by default two!'])
    })

    it('for errors get the error of a failed call, which then raises no unhandledRejection', async () => {
      const ann = new Teller('Ann')
      ann.listen()
      const future = futureOf(ann.fail('went wrong'))
      await future.exception()
      expect(ann.heard).toEqual(['Ann heard went wrong'])
    })

    it('get the id of the future, a UUID', async () => {
      const ann = new Teller('Ann')
      const ids: string[] = []
      callbacks(ann, 'tell').callback = (id) => ids.push(id)
      const future = futureOf(ann.tell('x'))
      await future
      expect(ids).toEqual([future.id])
      expect(future.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    })

    it('that run are those that were set when the call was made', async () => {
      const ann = new Teller('Ann')
      const heard: string[] = []
      callbacks(ann, 'tell').callback = (_id, text) => heard.push(`first ${text}`)
      const first = ann.tell('one')
      callbacks(ann, 'tell').callback = (_id, text) => heard.push(`second ${text}`)
      await Promise.all([first, ann.tell('two')])
      expect(heard.sort()).toEqual(['first one!', 'second two!'])
    })

    it('are removed by assigning undefined', async () => {
      const ann = new Teller('Ann')
      const own = callbacks(ann, 'tell')
      own.callback = () => undefined
      own.callback = undefined
      await ann.tell('one')
      expect(defaults).toEqual(['Ann by default one!'])
    })

    it('assigned through a class are the default of its instances', async () => {
      const heard: string[] = []
      callbacks(ChildTeller, 'tell').callback = function (this: unknown, _id: string, text: string) {
        heard.push(`${(this as Services.Teller).name} by class ${text}`)
      }
      const [child, own, other] = [new ChildTeller('child'), new ChildTeller('own'), new Teller('other')]
      callbacks(own, 'tell').callback = (_id, text) => heard.push(`own ${text}`)
      await Promise.all([child.tell('a'), own.tell('b'), other.tell('c')])
      expect(heard.sort()).toEqual(['child by class a!', 'own b!'])
      expect(defaults).toEqual(['other by default c!'])
    })

    it('assigned through a class run for its static methods', async () => {
      const heard: string[] = []
      callbacks(Service, 'bareStatic').callback = (_id, text) => heard.push(text)
      await Service.bareStatic(1)
      callbacks(Service, Service.bareStatic).callback = undefined
      await Service.bareStatic(2)
      expect(heard).toEqual(['Service 1'])
    })

    it('can be assigned to a method that another decorator or a mock has wrapped', async () => {
      const service = new Service()
      const heard: number[] = []
      callbacks(service, 'logged').callback = (_id, n) => heard.push(n)
      callbacks(service, service.logged).errorCallback = () => undefined
      await service.logged(1)
      const spy = jest.spyOn(Service.prototype, 'bare')
      callbacks(service, 'bare').callback = (_id, n) => heard.push(n)
      callbacks(service, service.bare).errorCallback = () => undefined
      await service.bare(2)
      spy.mockRestore()
      expect(heard).toEqual([3, 6])
    })

    it('that throw cause a warning and do not affect the future', async () => {
      const heard = warnings()
      const ann = new Teller('Ann')
      callbacks(ann, 'tell').callback = () => {
        throw new Error('in the callback')
      }
      await expect(ann.tell('x')).resolves.toBe('x!')
      await until(() => heard.length > 0, 'the warning')
      expect(heard).toMatchObject([
        { type: 'PebbleCallbackWarning', detail: expect.stringContaining('in the callback') },
      ])
    })

    it('must be functions', () => {
      const ann = new Teller('Ann')
      expect(() => {
        callbacks(ann, 'tell').callback = 'loud' as never
      }).toThrow(new TypeError('Expected `callback` to be a function, got `"loud"` (string)'))
    })

    it('cannot be assigned to a method that is not decorated', () => {
      const ann = new Teller('Ann')
      expect(() => callbacks(ann, 'listen' as never)).toThrow(
        new TypeError('`listen` of Teller is not decorated with @thread or @process: it has no callbacks.'),
      )
      expect(() => callbacks(undefined as never, 'x' as never)).toThrow(
        new TypeError(
          'Expected an instance or a class as the first argument of callbacks(), got `undefined` (undefined)',
        ),
      )
    })

    const assign = (method: unknown, callback: unknown): void => {
      ;(method as { callback: unknown }).callback = callback
    }

    if (dialect === 'stage3') {
      it('assigned to the method of one instance do not run for other instances', async () => {
        const [ann, bob] = [new Teller('Ann'), new Teller('Bob')]
        assign(ann.tell, ann.hear)
        await Promise.all([ann.tell('one'), bob.tell('two')])
        expect(ann.heard).toEqual(['Ann heard one! of 36'])
        expect(bob.heard).toEqual([])
        expect((ann.tell as unknown as { callback: unknown }).callback).toBe(ann.hear)
      })

      it('can be assigned to static methods, and a subclass has its own', async () => {
        class Counter {
          @thread
          static async count(n: number): Promise<number> {
            return n
          }
        }
        class Other extends Counter {}
        const heard: string[] = []
        assign(Counter.count, () => heard.push('counter'))
        assign(Other.count, () => heard.push('other'))
        expect(callbacks(Counter, 'count').callback).not.toBe(callbacks(Other, 'count').callback)
        expect(Counter.count).not.toBe(Other.count)
      })
    }

    it('cannot be assigned to the function that instances share', () => {
      const text = (name: string): string =>
        `\`tell\` is one function for all instances: a \`${name}\` assigned to it would apply to all of them. ` +
        `Assign it by \`callbacks(this, this.tell).${name} = …\`, with \`callbacks\` of pebble-ts.`
      const shared = dialect === 'legacy' ? new Teller('Ann').tell : Teller.prototype.tell
      expect(() => assign(shared, () => undefined)).toThrow(new TypeError(text('callback')))
      expect(() => Object.assign(shared, { errorCallback: () => undefined })).toThrow(
        new TypeError(text('errorCallback')),
      )
    })

    it('in the options of a decorator that several methods use are the defaults of each', async () => {
      const heard: unknown[] = []
      const add = inProcess((n: number) => n + 1, { callback: (_id, n) => heard.push(n) })
      futureOf(add(1)).cancel()
      expect(heard).toEqual([])
    })
  })
}
