import pebble from '../../dist/index.js'

const { task } = pebble

export const add = task(async (a, b) => a + b)
export const loop = task(async () => {
  for (;;);
})
export const pause = task(async (ms) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
})
