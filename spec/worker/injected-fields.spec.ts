import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ownFile } from '../../src/utils/location'
import { openFields } from '../../src/worker/injected-fields'

test('the name of a source, which comes with a call, loads no other file', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-fields-')))
  try {
    writeFileSync(join(folder, 'evil.js'), 'globalThis.wasLoaded = true')
    const name = relative(join(ownFile('nestjs.js'), '..'), join(folder, 'evil'))
    const lookup = await openFields({ name, data: null }, class {})
    expect(() => lookup('field')).toThrow(`this worker has no 'pebble-ts/${name}'.`)
    expect(globalThis).not.toHaveProperty('wasLoaded')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
