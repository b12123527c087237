/** Where a worker begins whose library is in a bundle. */
import { setImmediate } from '../utils/clock'
import { role, type WorkerRole } from '../registry/role'
import { suspendModule } from './modules'
import { openProcess } from './open-process'
import open, { type ThreadSession } from './thread-entry'

/** What the boot text of `channel/bundle.ts` leaves for the worker. */
export type BundleSession = ThreadSession | { readonly depth: number }

export function openBundle(session: BundleSession): void {
  if ('port' in session) {
    void open(session)
    return
  }
  role.worker = new EarlyRole(session.depth)
  openProcess()
}

/** The role of a process until its settings have come: the bundle's own code runs before that. */
class EarlyRole implements WorkerRole {
  readonly suspend = suspendModule

  constructor(readonly depth: number) {}

  insideBody(): boolean {
    return false
  }

  async request(service: string, body: unknown): Promise<unknown> {
    return (await this.#served()).request(service, body)
  }

  tell(service: string, body: unknown): void {
    void this.#served().then((worker) => worker.tell(service, body))
  }

  async #served(): Promise<WorkerRole> {
    while (role.worker === this) await new Promise((resolve) => setImmediate(resolve))
    return role.worker as WorkerRole
  }
}
