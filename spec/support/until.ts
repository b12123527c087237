import { dump } from './dump'

const LIMIT = 60_000
const PAUSE = 10

const realSetTimeout = setTimeout

/** Waits until `condition` holds. Fails with a dump after a limit that no healthy run reaches. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, limit = LIMIT): Promise<void> {
  const started = performance.now()
  while (!(await condition())) {
    if (performance.now() - started > limit) throw new Error(`Waited ${limit} ms for ${what}, in vain.\n${dump()}`)
    await new Promise((resolve) => realSetTimeout(resolve, PAUSE))
  }
}

/** The outcome of a promise that has to settle. Fails with a dump if it hangs. */
export async function settled<T>(promise: PromiseLike<T>, what = 'the promise to settle', limit = LIMIT): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_resolve, reject) => {
    timer = realSetTimeout(() => reject(new Error(`Waited ${limit} ms for ${what}, in vain.\n${dump()}`)), limit)
  })
  try {
    return await Promise.race([promise, hang])
  } finally {
    clearTimeout(timer)
  }
}

/** The error that the promise rejects with. */
export async function failure<E = Error>(promise: PromiseLike<unknown>, what?: string): Promise<E> {
  let value: unknown
  try {
    value = await settled(promise, what)
  } catch (error) {
    return error as E
  }
  throw new Error(`Expected a failure, got the value ${JSON.stringify(value)}`)
}
