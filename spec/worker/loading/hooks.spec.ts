import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const fixtures = join(__dirname, '../../fixtures/loading')

describe('a worker that compiles for itself', () => {
  test.each([
    ['esm', 'esm/src/main.ts'],
    ['cjs', 'commonjs/src/main.ts'],
    ['cjs', 'esm/src/main.ts'],
  ])('loads %s from %s: decorators, enums, paths, .js for .ts, folders', async (format, file) => {
    const { answer, position } = await load(format, file)
    expect(answer).toBe('works: paths, .js for .ts, a folder')
    expect(position).toContain(`${file}:23:26`)
  })

  it('takes an ES module for one where package.json says otherwise', async () => {
    expect(await load('esm', 'commonjs/src/loose.ts')).toEqual({ answer: '.js for .ts', position: '' })
  })
})

async function load(format: string, file: string): Promise<{ answer: string; position: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(fixtures, 'run-hooked.cjs'),
    format,
    join(fixtures, file),
  ])
  return JSON.parse(stdout) as { answer: string; position: string }
}
