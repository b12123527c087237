/** What the workers run. Every contender runs these functions, so all of them do the same work. */

export const add = ({ a, b }: { a: number; b: number }): number => a + b

export const double = (n: number): number => n * 2

export const doubleAll = (numbers: number[]): number[] => numbers.map(double)

/** A digest that proves that the value arrived: the bytes of a buffer, or the objects of a list and what they hold. */
export function inspect(value: ArrayBuffer | Item[]): number {
  if (value instanceof ArrayBuffer) return value.byteLength + (new Uint8Array(value).at(-1) ?? 0)
  return value.reduce((sum, { id, tags }) => sum + id + tags.length, 0)
}

export const echo = <T,>(value: T): T => value

export interface Item {
  id: number
  name: string
  tags: string[]
  score: number
  active: boolean
}

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Blocks its worker for `ms`, without using the CPU. */
export function nap({ ms }: { ms: number }): number {
  if (ms > 0) Atomics.wait(cell, 0, 0, ms)
  return ms
}

export function hang(): void {
  for (;;);
}
