/** LockService: takes locks in the program's own thread, on behalf of workers. */
import { RequestService, type ServedRequest } from '../registry/remote-request'
import { offerService } from '../registry/services'
import { shared } from '../registry/shared'
import { semaphoreOf, type LockRef } from './lock-table'

export const LOCK_SERVICE = 'lock'

/**
 * Asks to enter. The answer is true when it is the worker's turn. It is false if the worker has given up, or if it is
 * not patient and the lock is not free.
 */
export interface LockRequest {
  readonly op: 'enter'
  readonly lock: LockRef
  readonly patient: boolean
}

/** Offers the service to workers. A second call has no effect. */
export function offerLockService(): void {
  offerService(
    LOCK_SERVICE,
    shared('locks.service', () => new LockService()),
  )
}

class LockService extends RequestService<LockRequest> {
  protected start({ lock, patient }: LockRequest, served: ServedRequest): void {
    const semaphore = semaphoreOf(lock)
    if (!patient && semaphore.full) {
      served.answer(false)
      return
    }
    const waiter = semaphore.enter(() => served.grant(true, () => waiter.leave()))
    served.waits(() => {
      waiter.leave()
      served.answer(false)
    })
  }
}
