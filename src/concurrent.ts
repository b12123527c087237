import { publish } from './entry'

export { process, thread } from './decorators/concurrent'

module.exports = publish('concurrent', module.exports as object)
