// This file is CommonJS: an ES module loses the first message of the pool, and every call hangs (Node.js 20, poolifier 5.3.2).
const { ClusterWorker } = require('poolifier')

module.exports = new ClusterWorker(({ a, b }) => a + b)
