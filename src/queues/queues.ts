/** All classes of queues: whoever unpacks values from elsewhere must have them. */
export { Queue } from './queue'
export { DummyQueue } from './dummy-queue'
