/**
 * What workers ask their parent for besides running bodies: locks, queues. The truth of each is kept at one place, the
 * program's own thread; the parents between pass requests on.
 *
 *   worker ─ request(service, body) ─► parent ─ serve() ─► a service, here, or …
 *                                         └── role.worker? ─ request() ─► its own parent
 */
import { role } from './role'
import { shared } from './shared'

/** Names a worker of the program, nested ones by the way to them: `'3'`, `'3/1'`. */
export type OwnerId = string

export interface Service {
  /** Answers a request of `owner`; what it throws, or rejects with, reaches the one who asked. */
  handle(owner: OwnerId, body: unknown): unknown
  /** A worker has ended: what it held is free. Those below it have ended as well. */
  ownerExited(owner: OwnerId): void
}

/** What a parent passes on for the workers below it. */
interface ForwardedRequest {
  readonly owner: OwnerId
  readonly body: unknown
  readonly exited: boolean
}

const FORWARD = 'pass'
const services = shared('services', () => new Map<string, Service>())

/** Offers a service to all workers of the program. */
export function offerService(name: string, service: Service): void {
  services.set(name, service)
}

/** Serves a request of a worker of ours. */
export function serveRequest(worker: OwnerId, name: string, body: unknown): unknown {
  if (name.startsWith(`${FORWARD}:`)) return forward(worker, name.slice(FORWARD.length + 1), body as ForwardedRequest)
  if (role.worker) return role.worker.request(`${FORWARD}:${name}`, { owner: worker, body, gone: false })
  return serviceOf(name).handle(worker, body)
}

/** A worker of ours has ended. */
export function ownerExited(worker: OwnerId): void {
  for (const [name, service] of services) {
    if (role.worker) role.worker.tell(`${FORWARD}:${name}`, { owner: worker, body: undefined, exited: true })
    else service.ownerExited(worker)
  }
}

/** Whether `owner` is `ended`, or a worker below it. */
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
