/** As `nest build --webpack` sets it up; LIBRARY and NEST say what becomes part of the file. */
const { IgnorePlugin } = require('webpack')

const { LIBRARY = 'external', NEST = 'external', MODE = 'none' } = process.env

/** Nest requires these if they are installed. */
const LAZY = /^(@nestjs\/(microservices|websockets)|class-(transformer|validator)|@fastify\/)/

module.exports = {
  mode: MODE,
  target: 'node',
  devtool: 'source-map',
  entry: './src/main.ts',
  output: { path: `${__dirname}/bundle`, filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
  module: { rules: [{ test: /\.ts$/, exclude: /node_modules/, loader: 'ts-loader', options: { transpileOnly: true } }] },
  externals: [external],
  externalsPresets: { node: true },
  node: { __filename: false, __dirname: false },
  optimization: { nodeEnv: false },
  plugins: [new IgnorePlugin({ checkResource: (resource) => LAZY.test(resource) })],
}

function external({ request }, done) {
  const isFile = /^[./]/.test(request)
  const isLibrary = /^pebble-ts\b/.test(request)
  if (isFile || (isLibrary ? LIBRARY : NEST) === 'inlined') return done()
  done(null, `commonjs ${request}`)
}
