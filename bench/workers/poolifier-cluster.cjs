// This file is CommonJS: an ES module loses the first message of the pool, and every call hangs (Node.js 20, poolifier 5.3.2).
const { ClusterWorker } = require('poolifier')
const { add, doubleAll, echo, inspect, nap } = require('../dist/bodies.cjs')

module.exports = new ClusterWorker({ add, doubleAll, echo, inspect, nap })
