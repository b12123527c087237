import { transform } from 'esbuild'

/** The plugin of docs/testing.md. */
const decorators = {
  name: 'decorators',
  enforce: 'pre',
  async transform(code, id) {
    if (!/\.[cm]?ts$/.test(id) || !/^\s*@/m.test(code)) return
    return transform(code, { loader: 'ts', target: 'es2022', sourcemap: true, sourcefile: id })
  },
}

export default {
  plugins: [decorators],
  test: { globals: true, include: ['*.test.ts'], testTimeout: 60_000 },
}
