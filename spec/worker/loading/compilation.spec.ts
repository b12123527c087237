import { targetOf } from '../../../src/worker/loading/compilation'

describe('the target of compiled files', () => {
  test.each([
    [{}, 'ES2022', false],
    [{ target: 'es5' }, 'ES2022', false],
    [{ target: 'es6' }, 'ES2022', false],
    [{ target: 'ES2020' }, 'ES2020', false],
    [{ target: 'es2022' }, 'ES2022', true],
    [{ target: 'ES2023' }, 'ES2022', true],
    [{ target: 'ESNext' }, 'ES2022', true],
    [{ target: 'ESNext', useDefineForClassFields: false }, 'ES2022', false],
    [{ target: 'ES2019', useDefineForClassFields: true }, 'ES2019', true],
  ])('of %j is %s, with fields defined: %s', (options, target, useDefineForClassFields) => {
    expect(targetOf(options)).toEqual({ target, useDefineForClassFields })
  })
})
