/** What the consumers must see of the library. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCES = fileURLToPath(new URL('../../spec/consumers/matrix/', import.meta.url))
const FIELDS = {
  plain: {
    digest: createHash('sha256').update('pebble').digest('hex'),
    size: '8 bytes',
    sizeOfOther: '1 kB',
    heard: [['8 bytes'], ['1 kB']],
    limits: [200, 200],
  },
  nest: {
    thread: { text: '10 EUR', ownLogger: true, pid: 'own' },
    process: { text: '16 EUR', ownLogger: true, pid: 'other' },
    heard: ['16 EUR'],
    limits: [200, 200],
  },
}
FIELDS.workspace = { ...FIELDS.plain, overridden: ['1 BYTES', '1 BYTES'] }

/** @throws an error with both sides if the facts of a consumer are not what they should be */
export function check({ expects, logs = expects === 'nest' }, { errors, firstCallMs, ...facts }, output) {
  assert.deepEqual(facts, FIELDS[expects])
  const source = expects === 'nest' ? 'nest/src/reports.service.ts' : 'plain/src/reports.ts'
  checkError(errors[0], source, 'thread')
  checkError(errors[1], source, 'process')
  assert.ok(firstCallMs.thread > 0 && firstCallMs.process > 0)
  if (logs) checkLogs(output)
}

function checkError({ traceback, ...error }, source, place) {
  assert.deepEqual(error, { own: true, page: 7, message: 'no report' })
  const lines = readFileSync(join(SOURCES, source), 'utf8').split('\n')
  const line = lines.findIndex((text) => text.includes(`// in a ${place}`)) + 1
  const file = source.split('/').at(-1)
  assert.match(traceback, new RegExp(`^Error: no report\\n\\s+at .*/${file.replaceAll('.', '\\.')}:${line}:\\d+`))
  assert.doesNotMatch(traceback, /pebble-ts[\\/]/, 'the traceback shows the user’s code only')
}

/** The logger of the service has the name of its class, unless that is minified, and the levels of the program. */
function checkLogs(output) {
  assert.match(output, /\[\w+\] .*2 articles in a thread/)
  assert.match(output, /\[\w+\] .*3 articles in a process/)
  assert.doesNotMatch(output, /debug in a/)
}
