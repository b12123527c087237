/** As `nest build --webpack` sets it up; LIBRARY and NEST say whether the file contains pebble-ts and the other packages. */
const { IgnorePlugin } = require('webpack')

const { LIBRARY = 'external', NEST = 'external', MODE = 'none' } = process.env

/** Nest requires these if they are installed. */
const OPTIONAL = /^(@nestjs\/(microservices|websockets)|class-(transformer|validator)|@fastify\/)/

module.exports = {
  mode: MODE,
  target: 'node',
  devtool: 'source-map',
  entry: './src/main.ts',
  output: { path: `${__dirname}/bundle`, filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
  module: {
    rules: [{ test: /\.ts$/, exclude: /node_modules/, loader: 'ts-loader', options: { transpileOnly: true } }],
  },
  externals: [external],
  externalsPresets: { node: true },
  node: { __filename: false, __dirname: false },
  optimization: { nodeEnv: false },
  plugins: [new IgnorePlugin({ checkResource: (resource) => OPTIONAL.test(resource) })],
}

function external({ request }, done) {
  const isFile = /^[./]/.test(request)
  const place = /^pebble-ts\b/.test(request) ? LIBRARY : NEST
  if (isFile || place === 'inlined') return done()
  if (place === 'root-external' && request !== 'pebble-ts') return done() // as `externals: { 'pebble-ts': … }` does
  done(null, `commonjs ${request}`)
}
