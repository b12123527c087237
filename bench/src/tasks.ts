/** What the pools of the benches run. */
import { task } from 'pebble-ts'

export const add = task((a: number, b: number) => a + b)

export const double = task((n: number) => n * 2)

export const hang = task(() => {
  for (;;);
})
