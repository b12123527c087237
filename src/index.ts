/** The public exports, in the order of docs/. */
import * as asynchronous from './decorators/asynchronous'
import * as concurrent from './decorators/concurrent'
import { publish } from './entry'

export { asynchronous, concurrent }
export { thread, process } from './decorators/concurrent'
export type { ThreadOptions, ProcessOptions } from './decorators/method-options'
export type { MemoizeOptions } from './decorators/memoize'
export type { Callback, ErrorCallback } from './decorators/method-callbacks'
export { callbacks } from './decorators/callbacks'
export { configure } from './decorators/configure'
export { serializable } from './decorators/serializable'
export { sighandler, sighandlers } from './decorators/sighandler'
export { synchronized } from './decorators/synchronized'

export { Future } from './futures/future'
export { ProcessFuture } from './futures/process-future'
export { asCompleted, futureOf, wait } from './futures/wait'

export {
  CancelledError,
  LockError,
  NotFoundError,
  PebbleError,
  PoolError,
  type PoolErrorReason,
  ProcessExpired,
  QueueEmpty,
  QueueFull,
  SerializationError,
  ThreadExpired,
  TimeoutError,
} from './errors'

export { ThreadPool } from './pools/thread-pool'
export { ProcessPool } from './pools/process-pool'
export { pools } from './pools/registry'
export type { PoolOptions, ProcessPoolOptions, Task } from './pools/pool-options'
export type { ScheduleOptions } from './pools/schedule-options'
export type { Retries, RetryCause } from './dispatch/retries'
export type { PoolStats } from './pools/stats'
export type { DurationStats } from './dispatch/durations'
export { MapFuture, ProcessMapFuture, type MapProgress } from './pools/map/map-future'
export type { MapOptions } from './pools/map/map-arguments'
export type { MapResults } from './pools/map/results'
export { task } from './decorators/task'
export type { ProcessContext, ResourceLimits } from './channel/channel'

export { Queue } from './queues/queue'
export type { WaitLimits } from './utils/limited-wait'
export { waitForQueues } from './queues/wait-for-queues'
export { waitForThreads } from './queues/wait-for-threads'

export { Lock, RLock, Semaphore } from './sync/locks'
export type { Release } from './sync/lock-grant'
export type { AcquireOptions } from './sync/lock-wait'

export { deserialize, serialize } from './wire/serializable'
export { transfer } from './wire/transfer'

export { traceTo, type Trace } from './diagnostics/trace'
export type {
  CallEvent,
  CallSettledEvent,
  CallStartedEvent,
  WorkerEvent,
  WorkerExitedEvent,
  WorkerStartedEvent,
} from './diagnostics/events'

export { currentTask, type TaskContext, workerData } from './registry/current-task'
export { propagate, type PropagateOptions } from './registry/propagation'
export { isWorker } from './registry/role'

module.exports = publish('index', module.exports as object)
