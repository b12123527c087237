module.exports = require('../dist/bodies.cjs')
