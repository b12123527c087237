import { renameSync, writeFileSync } from 'node:fs'
import pebble from '../../dist/index.js'

const { task } = pebble

export const add = task(async (a, b) => a + b)
export const loop = task(async (file) => {
  writeFileSync(`${file}.new`, String(process.pid))
  renameSync(`${file}.new`, file)
  for (;;);
})
export const pause = task(async (ms) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
})
