/** All classes of locks: whoever unpacks values from elsewhere must have them. */
export { Lock } from './lock'
export { RLock } from './rlock'
export { Semaphore } from './semaphore'
