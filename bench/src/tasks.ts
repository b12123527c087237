/** The tasks of the benches that use explicit pools. */
import { task } from 'pebble-ts'

export const add = task((a: number, b: number) => a + b)

export const double = task((n: number) => n * 2)

export const hang = task(() => {
  for (;;);
})
