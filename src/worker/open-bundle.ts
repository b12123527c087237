/** Opens the session of a worker if the library is in a bundle. */
import { setImmediate } from '../utils/clock'
import { role, type WorkerRole } from '../registry/role'
import { suspendModule } from './modules'
import { openProcess } from './process-entry'
import open, { type ThreadSession } from './thread-entry'

/** What the first lines of such a worker (`channel/bundle.ts`) pass to the library. */
export type BundleSession = ThreadSession | { readonly depth: number }

export function openBundle(session: BundleSession): void {
  if ('port' in session) {
    void open(session)
    return
  }
  role.worker = new EarlyRole(session.depth)
  openProcess()
}

/** The role of a process until its settings arrive: code of the bundle runs before that. */
class EarlyRole implements WorkerRole {
  readonly suspend = suspendModule
  /** Read only when a worker starts, and a module starts none while it is imported. */
  readonly lifelines = 0

  constructor(readonly depth: number) {}

  insideBody(): boolean {
    return false
  }

  async request(service: string, body: unknown): Promise<unknown> {
    return (await this.#nextRole()).request(service, body)
  }

  tell(service: string, body: unknown): void {
    void this.#nextRole().then((worker) => worker.tell(service, body))
  }

  async #nextRole(): Promise<WorkerRole> {
    while (role.worker === this) await new Promise((resolve) => setImmediate(resolve))
    return role.worker as WorkerRole
  }
}
