import { getEventListeners } from 'node:events'
import { onAbort } from '../../src/utils/on-abort'

describe('onAbort', () => {
  it('calls all subscribers, with one listener', () => {
    const [abortion, called] = [new AbortController(), [] as number[]]
    for (let n = 0; n < 12; n++) onAbort(abortion.signal, () => called.push(n))
    expect(getEventListeners(abortion.signal, 'abort')).toHaveLength(1)
    abortion.abort()
    expect(called).toEqual(Array.from({ length: 12 }, (_, n) => n))
  })

  it('does not call a function that was unsubscribed, and removes the listener with the last one', () => {
    const [abortion, called] = [new AbortController(), [] as string[]]
    const [first, second] = ['first', 'second'].map((name) => onAbort(abortion.signal, () => called.push(name)))
    first?.()
    first?.()
    expect(getEventListeners(abortion.signal, 'abort')).toHaveLength(1)
    second?.()
    expect(getEventListeners(abortion.signal, 'abort')).toHaveLength(0)
    abortion.abort()
    expect(called).toEqual([])
  })

  it('does not call a function that an earlier one unsubscribes', () => {
    const [abortion, called] = [new AbortController(), [] as string[]]
    onAbort(abortion.signal, () => forget())
    const forget = onAbort(abortion.signal, () => called.push('second'))
    onAbort(abortion.signal, () => called.push('third'))
    abortion.abort()
    expect(called).toEqual(['third'])
  })
})
