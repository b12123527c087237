// Removes the copy of pebble-ts: `npm install` then copies the present build, and leaves all else as it is.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

rmSync(fileURLToPath(new URL('../node_modules/pebble-ts', import.meta.url)), { recursive: true, force: true })
