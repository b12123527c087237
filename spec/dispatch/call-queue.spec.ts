import fc from 'fast-check'
import type { Call } from '../../src/dispatch/call'
import { CallQueue } from '../../src/dispatch/call-queue'

interface Queued {
  readonly serial: number
  readonly limits: { readonly priority?: number }
}

const make = (serial: number, priority?: number): Call => ({ serial, limits: { priority } }) as unknown as Call
const nameOf = (call: Call | undefined): number | undefined => (call as unknown as Queued | undefined)?.serial

function takeAll(queue: CallQueue): Array<number | undefined> {
  const names: Array<number | undefined> = []
  for (let call = queue.peek(); call; call = queue.peek()) {
    queue.remove(call)
    names.push(nameOf(call))
  }
  return names
}

describe('a queue of calls', () => {
  test('is first in, first out', () => {
    const queue = new CallQueue()
    for (const name of [1, 2, 3]) queue.push(make(name))
    expect([queue.size, nameOf(queue.peek()), queue.size]).toEqual([3, 1, 3])
    expect(takeAll(queue)).toEqual([1, 2, 3])
    expect([queue.size, queue.peek()]).toEqual([0, undefined])
  })

  test('gives the higher priority first', () => {
    const queue = new CallQueue()
    ;[0, 5, undefined, -1, 5].forEach((priority, name) => queue.push(make(name, priority)))
    expect(takeAll(queue)).toEqual([1, 4, 0, 2, 3])
  })

  test('requeues calls in their old places, in any order', () => {
    const queue = new CallQueue()
    queue.push(make(7))
    queue.push(make(8, 1))
    for (const serial of [4, 6, 5, 3]) queue.requeue(make(serial))
    expect(takeAll(queue)).toEqual([8, 3, 4, 5, 6, 7])
  })

  test('removes any call, wherever it is', () => {
    const queue = new CallQueue()
    const calls = [0, 1, 2, 3].map((name) => make(name))
    calls.forEach((call) => queue.push(call))
    for (const index of [0, 2, 3]) queue.remove(calls[index] as Call)
    expect(takeAll(queue)).toEqual([1])
    queue.push(make(4))
    expect([nameOf(queue.take()), queue.take(), queue.size]).toEqual([4, undefined, 0])
  })

  test('requeues thousands of calls at the cost of a merge, even if the calls of several workers interleave', () => {
    let comparisons = 0
    const counted = (serial: number): Call =>
      ({
        get serial() {
          comparisons += 1
          return serial
        },
        limits: {},
      }) as unknown as Call
    const queue = new CallQueue()
    const serials = Array.from({ length: 4000 }, (_, n) => n)
    for (const worker of [0, 1, 2, 3])
      for (const serial of serials.filter((each) => each % 4 === worker).reverse()) queue.requeue(counted(serial))
    expect(comparisons).toBeLessThan(20 * serials.length)
    expect(takeAll(queue)).toEqual(serials)
  })

  test('forgets priorities without calls', () => {
    let comparisons = 0
    const counted = (value: number): number => ({ valueOf: () => (comparisons++, value) }) as unknown as number
    const queue = new CallQueue()
    for (let name = 0; name < 1000; name++) {
      queue.push(make(name, counted(name)))
      expect(nameOf(queue.take())).toBe(name)
    }
    comparisons = 0
    queue.push(make(1000, counted(-1)))
    expect(comparisons).toBeLessThan(20)
  })

  test('behaves like a sorted list', () => {
    const step = fc.record({
      do: fc.constantFrom('push', 'push', 'requeue', 'take', 'remove'),
      priority: fc.constantFrom(undefined, 0, 1, -3, 2, 3, 4, 5, 6),
      at: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new CallQueue()
        let model: Call[] = []
        const out: Call[] = []
        const priorityOf = (call: Call): number => call.limits.priority ?? 0
        const sort = (): Call[] => model.sort((a, b) => priorityOf(b) - priorityOf(a) || a.serial - b.serial)
        steps.forEach(({ do: action, priority, at }, name) => {
          const call = make(name, priority)
          if (action === 'push') {
            queue.push(call)
            model.push(call)
            sort()
          } else if (action === 'requeue') {
            const [back] = out.splice(at % Math.max(1, out.length), 1)
            if (!back) return
            queue.requeue(back)
            model.push(back)
            sort()
          } else if (model.length > 0) {
            const gone = action === 'take' ? (queue.peek() as Call) : (model[at % model.length] as Call)
            if (action === 'take') expect(gone).toBe(model[0])
            queue.remove(gone)
            out.push(gone)
            model = model.filter((each) => each !== gone)
          }
          expect(queue.size).toBe(model.length)
        })
        expect(takeAll(queue)).toEqual(model.map(nameOf))
      }),
    )
  })
})
