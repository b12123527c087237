import { publish } from './entry'

export { process, thread } from './decorators/asynchronous'

module.exports = publish('asynchronous', module.exports as object)
