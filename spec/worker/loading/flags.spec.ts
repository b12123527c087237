import { hasTsx, hasTypeScriptLoader, tsxFlag } from '../../../src/worker/loading/flags'

const { execArgv } = process

afterEach(() => {
  process.execArgv = execArgv
})

describe('the loaders among the flags', () => {
  test.each([
    [['--import', 'file:///app/node_modules/tsx/dist/loader.mjs'], true, true],
    [['--import=tsx'], true, true],
    [['--require', '/app/node_modules/tsx/dist/preflight.cjs'], true, true],
    [['-r', 'ts-node/register/transpile-only'], true, false],
    [['--loader', 'ts-node/esm'], true, false],
    [['--import', '@swc-node/register/esm-register'], true, false],
    [['--import', 'jiti/register'], true, false],
    [['--import', './instrument.mjs', '--inspect=0'], false, false],
    [['--import', './tsx-like.mjs'], false, false],
  ])('are found in %j: TypeScript %s, tsx %s', (flags, typescript, tsx) => {
    process.execArgv = flags
    expect(hasTypeScriptLoader()).toBe(typescript)
    expect(hasTsx()).toBe(tsx)
    expect(tsxFlag() === undefined).toBe(!tsx)
  })
})
