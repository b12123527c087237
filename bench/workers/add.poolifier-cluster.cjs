// CommonJS: as an ES module it loses the pool's first message, and every call hangs (Node 20, poolifier 5.3.2).
const { ClusterWorker } = require('poolifier')

module.exports = new ClusterWorker(({ a, b }) => a + b)
