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

  it('recognises an ES module although package.json says otherwise', async () => {
    expect(await load('esm', 'commonjs/src/loose.ts')).toEqual({ answer: '.js for .ts', position: '' })
  })

  it('imports CommonJS from an ES module, and that CommonJS requires more', async () => {
    const { answer } = await load('esm', 'mixed/src/main.ts')
    expect(answer).toBe('works, paths, .cjs for .cts, a late import')
  })

  it('names a file that does not exist', async () => {
    await expect(load('esm', 'mixed/src/missing.ts')).rejects.toThrow(/ERR_MODULE_NOT_FOUND/)
  })
})

async function load(format: string, file: string): Promise<{ answer: string; position: string }> {
  const args = [join(fixtures, 'run-hooked.cjs'), format, join(fixtures, file)]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
  expect(stderr).toBe('') // no deprecation warning: Node 26 deprecates `module.register()`
  return JSON.parse(stdout) as { answer: string; position: string }
}
