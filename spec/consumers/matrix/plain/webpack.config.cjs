/** LIBRARY says whether the file contains pebble-ts. */
const { LIBRARY = 'external', MODE = 'none' } = process.env

module.exports = {
  mode: MODE,
  target: 'node',
  devtool: 'source-map',
  entry: './src/main.ts',
  output: { path: `${__dirname}/bundle`, filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
  externals: LIBRARY === 'external' ? { 'pebble-ts': 'commonjs pebble-ts' } : {},
}
