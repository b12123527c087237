import fc from 'fast-check'
import type { Call } from '../../src/dispatch/call'
import { CallQueue } from '../../src/dispatch/call-queue'

interface Queued {
  readonly name: number
  readonly limits: { readonly priority?: number }
}

const make = (name: number, priority?: number): Call => ({ name, limits: { priority } }) as unknown as Call
const nameOf = (call: Call | undefined): number | undefined => (call as unknown as Queued | undefined)?.name

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

  test('takes calls back before those of their priority', () => {
    const queue = new CallQueue()
    queue.push(make(1))
    queue.push(make(2, 1))
    queue.unshift(make(0))
    expect(takeAll(queue)).toEqual([2, 0, 1])
  })

  test('lets go of any call, wherever it waits', () => {
    const queue = new CallQueue()
    const calls = [0, 1, 2, 3].map((name) => make(name))
    calls.forEach((call) => queue.push(call))
    for (const index of [0, 2, 3]) queue.remove(calls[index] as Call)
    expect(takeAll(queue)).toEqual([1])
    queue.push(make(4))
    expect(queue.clear().map(nameOf)).toEqual([4])
    expect(queue.size).toBe(0)
  })

  test('behaves as a sorted list would, whatever happens', () => {
    const step = fc.record({
      do: fc.constantFrom('push', 'push', 'unshift', 'take', 'remove'),
      priority: fc.constantFrom(undefined, 0, 1, -3),
      at: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new CallQueue()
        let model: Call[] = []
        const priorityOf = (call: Call): number => call.limits.priority ?? 0
        steps.forEach(({ do: action, priority, at }, name) => {
          const call = make(name, priority)
          if (action === 'push') {
            queue.push(call)
            const before = model.findIndex((each) => priorityOf(each) < priorityOf(call))
            model.splice(before < 0 ? model.length : before, 0, call)
          } else if (action === 'unshift') {
            queue.unshift(call)
            const before = model.findIndex((each) => priorityOf(each) <= priorityOf(call))
            model.splice(before < 0 ? model.length : before, 0, call)
          } else if (model.length > 0) {
            const gone = action === 'take' ? (queue.peek() as Call) : (model[at % model.length] as Call)
            if (action === 'take') expect(gone).toBe(model[0])
            queue.remove(gone)
            model = model.filter((each) => each !== gone)
          }
          expect(queue.size).toBe(model.length)
        })
        expect(takeAll(queue)).toEqual(model.map(nameOf))
      }),
    )
  })
})
