import type { TimeoutError } from 'pebble-ts'
import { progress } from '../fixtures/progress'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { failure, settled } from '../support/until'

useSoloPools()

forEachKind('progress', (kind) => {
  test('reaches the future in order and before the result', async () => {
    const heard: unknown[] = []
    const future = progress[kind].count(3)
    future.onProgress((step) => heard.push(step))
    expect(await settled(future)).toBe('counted')
    expect(heard).toEqual([1, 2, 3].map((n) => ({ n, of: 3 })))
  })

  test('is reported by a function that was taken out of the task', async () => {
    const heard: unknown[] = []
    const future = progress[kind].alone()
    future.onProgress((step) => heard.push(step))
    await settled(future)
    expect(heard).toEqual(['alone'])
  })

  test('accepts only functions as listeners', () => {
    const future = progress[kind].count(0)
    expect(() => future.onProgress(1 as never)).toThrow(
      new TypeError('Expected a function as the progress listener, got number'),
    )
    return settled(future)
  })
})

forEachKind('the option `name`', (kind) => {
  test('is the name of the call in messages', async () => {
    const error = await failure<TimeoutError>(progress[kind].named())
    expect(error.message).toBe("'reporting' (`never` of progress.ts) was stopped after 50 ms (limit `timeout: 50`).")
  })
})
