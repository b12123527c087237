/**
 * The services that a parent offers to its workers: locks and queues. The main thread of the program holds their state.
 * A parent that is a worker itself forwards requests to its own parent.
 *
 *   worker ─ request(service, body) ─► parent ─ serveRequest() ─┬─ main thread ─► the service
 *                                                               └─ worker ─ request() ─► its own parent
 */
import { role } from './role'
import { shared } from './shared'

/** The path of a worker in the program: `'3'`, `'3/1'` for a worker of worker 3. */
export type OwnerId = string

export interface Service {
  /** Handles a request of `owner`. The worker receives the result, or the error. */
  handle(owner: OwnerId, body: unknown): unknown
  /** A worker has exited, and so have its own workers: release what they own. */
  ownerExited(owner: OwnerId): void
}

/** A request that a parent forwards for a worker below it. */
interface ForwardedRequest {
  readonly owner: OwnerId
  readonly body: unknown
  /** True if this is no request: `owner` has exited. */
  readonly exited: boolean
}

const FORWARD = 'pass'
const services = shared('services', () => new Map<string, Service>())

/** Offers a service to all workers of the program. */
export function offerService(name: string, service: Service): void {
  services.set(name, service)
}

/** Serves a request of a worker of this thread. */
export function serveRequest(worker: OwnerId, name: string, body: unknown): unknown {
  if (name.startsWith(`${FORWARD}:`)) return forward(worker, name.slice(FORWARD.length + 1), body as ForwardedRequest)
  if (role.worker) return role.worker.request(`${FORWARD}:${name}`, { owner: worker, body, exited: false })
  return serviceOf(name).handle(worker, body)
}

/** Reports that a worker of this thread has exited. */
export function ownerExited(worker: OwnerId): void {
  for (const [name, service] of services) {
    if (role.worker) role.worker.tell(`${FORWARD}:${name}`, { owner: worker, body: undefined, exited: true })
    else service.ownerExited(worker)
  }
}

/** Whether `owner` is the worker `ended`, or a worker below it. */
export const isBelow = (owner: OwnerId, ended: OwnerId): boolean => owner === ended || owner.startsWith(`${ended}/`)

function forward(worker: OwnerId, name: string, { owner, body, exited }: ForwardedRequest): unknown {
  const path = `${worker}/${owner}`
  if (role.worker) return role.worker.request(`${FORWARD}:${name}`, { owner: path, body, exited })
  if (exited) return serviceOf(name).ownerExited(path)
  return serviceOf(name).handle(path, body)
}

function serviceOf(name: string): Service {
  const service = services.get(name)
  if (service) return service
  throw new Error(`The parent offers no service '${name}': its copy of pebble-ts is older than the worker's.`)
}
