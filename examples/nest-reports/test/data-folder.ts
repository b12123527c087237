/** Gives each test file a data folder of its own. Workers inherit the environment. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'nest-reports-test-'))
process.env['DATA_FOLDER'] = folder
process.env['MAX_UPLOAD'] = '50000000'

afterAll(() => rmSync(folder, { recursive: true, force: true }))
