import type { Frame } from '../../src/registry/call-sites'
import { moduleBody } from '../../src/registry/module-body'

const CJS = 'node:internal/modules/cjs/loader'
const ESM = 'node:internal/modules/esm/module_job'
const TASKS = 'node:internal/process/task_queues'
const JEST = '/app/node_modules/jest-runtime/build/index.js'
const CIRCUS = '/app/node_modules/jest-circus/build/index.js'
const VITEST = 'file:///app/node_modules/vitest/dist/module-evaluator.js'
const RUNNER = 'file:///app/node_modules/@vitest/runner/dist/chunk-artifact.js'

const frame = (file: string | null, name: string | null = null, more: Partial<Frame> = {}): Frame => ({
  file,
  name,
  line: 1,
  column: 1,
  async: false,
  startsFile: false,
  ...more,
})
const awaiting = (file: string, name: string | null = null): Frame => frame(file, name, { async: true })
const body = (file: string): Frame => frame(file, null, { startsFile: true })

describe('the body of the module that is being loaded', () => {
  test.each<[string, Frame[], { index: number; topLevel: boolean; format: string }]>([
    ['a CommonJS module', [body('/a.js'), frame(CJS)], { index: 0, topLevel: true, format: 'cjs' }],
    ['an ES module', [body('file:///a.mjs'), frame(ESM)], { index: 0, topLevel: true, format: 'esm' }],
    ['a data: module', [body('data:text/javascript,1'), frame(ESM)], { index: 0, topLevel: true, format: 'esm' }],
    [
      'helpers, native functions and the decorators of other files above it',
      [
        frame('/node_modules/tslib/tslib.js', '__decorate'),
        frame(null, 'map'),
        frame('/deco.js', 'applied'),
        body('/a.js'),
        frame(CJS),
        body('/main.js'),
        frame(CJS),
      ],
      { index: 3, topLevel: true, format: 'cjs' },
    ],
    [
      'a factory of another module',
      [frame('file:///mixin.js', 'mixin'), body('file:///a.js'), frame(ESM, 'run')],
      { index: 1, topLevel: true, format: 'esm' },
    ],
    [
      'a bundler’s virtual helper',
      [frame('\0@oxc-project+runtime/decorate.js', 'decorate'), body('/a.ts'), awaiting(VITEST)],
      { index: 1, topLevel: true, format: 'esm' },
    ],
    [
      'an ES module after a top-level await',
      [body('file:///a.mjs'), frame(TASKS, 'processTicksAndRejections')],
      { index: 0, topLevel: true, format: 'esm' },
    ],
    [
      'an ES module of Jest',
      [body('/a.ts'), frame('node:internal/vm/module'), frame(JEST)],
      { index: 0, topLevel: true, format: 'esm' },
    ],
    [
      'a suite of Jest',
      [frame('/a.spec.ts'), frame(CIRCUS, '_dispatchDescribe'), body('/a.spec.ts'), frame(JEST)],
      { index: 2, topLevel: true, format: 'cjs' },
    ],
    [
      'a body of vitest, which is a function',
      [frame('/a.ts'), awaiting(VITEST, '_runInlinedModule')],
      { index: 0, topLevel: true, format: 'esm' },
    ],
    [
      'a suite of vitest, which runs after the body',
      [frame('/a.spec.ts'), frame(RUNNER), frame(RUNNER, 'runWithSuite'), awaiting(VITEST)],
      { index: 0, topLevel: true, format: 'esm' },
    ],
  ])('is found under %s', (_name, frames, expected) => {
    expect(moduleBody(frames)).toEqual(expected)
  })

  test.each<[string, Frame[], number]>([
    ['a timer', [frame('/a.js'), frame('node:internal/timers', 'listOnTimeout')], 0],
    ['a named function that was resumed', [frame('file:///a.js', 'start'), frame(TASKS)], 0],
    ['an anonymous one', [frame('file:///a.js'), frame(TASKS), awaiting('file:///a.js')], 0],
    ['a test of Jest', [frame('/a.spec.ts'), frame(CIRCUS, 'call'), frame(null, 'Promise')], 0],
    ['a test of vitest', [frame('/a.spec.ts'), frame(RUNNER, 'limit'), frame(VITEST, 'run')], 0],
    ['a resumed test of vitest', [frame('/a.spec.ts'), awaiting(RUNNER), awaiting(VITEST)], 0],
    ['a dependency', [frame('/node_modules/tslib/tslib.js', '__decorate'), frame('/a.js', 'make'), frame(TASKS)], 1],
  ])('is not assumed for code that is called by %s', (_name, frames, index) => {
    expect(moduleBody(frames)).toMatchObject({ index, topLevel: false })
  })

  it('is not found if no frame is user code', () => {
    expect(moduleBody([frame('[eval]'), frame('node:internal/process/execution')])).toMatchObject({ index: -1 })
  })
})
