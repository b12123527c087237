// Loads a module of src/ in plain Node.js, with what it imports, as if it were part of the built library.
const { buildSync } = require('esbuild')
const Module = require('node:module')
const { join } = require('node:path')

const root = join(__dirname, '../..')

/** @param {string} path below `src/`, without `.ts` */
module.exports = function loadSource(path) {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'src', `${path}.ts`)],
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'error',
  })
  const file = join(root, 'dist/library/pebble-ts-program.js') // the library finds its other files from there
  const loaded = new Module(file)
  loaded.filename = file
  loaded.paths = module.paths
  loaded._compile(outputFiles[0].text, file)
  return loaded.exports
}
