/**
 * The services that a parent offers to its workers: locks and queues. The program's own thread holds their state.
 * A parent that is a worker itself forwards requests to its own parent.
 *
 *   worker ─ request(service, body) ─► parent ─ serveRequest() ─┬─ own thread ──► the service
 *                                                               └─ worker ─ request() ─► its own parent
 *
 * A request may wait there: for a lock, for an item of a queue. The service keeps it while it waits, and while the worker
 * has something that it may have to return.
 *
 *   worker                                     program's own thread
 *   new RemoteRequest() ──── request n ──────► start(): served.waits()
 *             answer ◄────── response ───────  served.answer() or served.grant()
 *           accept() ──────── accept n ──────► what was granted is the worker's for good
 *              end() ──────── end n ─────────► undone: the wait is cancelled, or what was granted is returned
 *                       exit of the worker ──► all its requests are undone
 *
 * `end` may be sent while the response is in transit. The service then undoes the grant, and the worker ignores the
 * response.
 */
import { role } from './role'
import { shared } from './shared'

/** The path of a worker in the program: `'3'`, `'3/1'` for a worker of worker 3. */
export type OwnerId = string

export interface Service {
  /** Handles a request of `owner`. The worker receives the result, or the error. */
  handle(owner: OwnerId, body: unknown): unknown
  /**
   * A worker has exited: release what it owns.
   *
   * @param below whether its own workers have exited, too: release what they own
   */
  ownerExited(owner: OwnerId, below: boolean): void
}

/** A request that a parent forwards for a worker below it. */
interface ForwardedRequest {
  readonly owner: OwnerId
  readonly body: unknown
  /** If true, `owner` has exited, and there is no request. */
  readonly exited: boolean
  /** If `owner` has exited: whether its own workers have exited, too. */
  readonly below?: boolean
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

/**
 * Reports that a worker of this thread has exited.
 *
 * @param descendants resolves when its own workers have exited, too. Until then they may still use what they own
 */
export function ownerExited(worker: OwnerId, descendants?: Promise<void>): void {
  reportExit(worker, descendants === undefined)
  void descendants?.then(() => reportExit(worker, true))
}

function reportExit(worker: OwnerId, below: boolean): void {
  for (const [name, service] of services) {
    if (role.worker) role.worker.tell(`${FORWARD}:${name}`, { owner: worker, body: undefined, exited: true, below })
    else service.ownerExited(worker, below)
  }
}

/** Whether `owner` is the worker `ended`, or, with `below`, a worker below it. */
export const isOwner = (owner: OwnerId, ended: OwnerId, below: boolean): boolean =>
  owner === ended || (below && owner.startsWith(`${ended}/`))

function forward(worker: OwnerId, name: string, { owner, body, exited, below = true }: ForwardedRequest): unknown {
  const path = `${worker}/${owner}`
  if (role.worker) return role.worker.request(`${FORWARD}:${name}`, { owner: path, body, exited, below })
  if (exited) return serviceOf(name).ownerExited(path, below)
  return serviceOf(name).handle(path, body)
}

function serviceOf(name: string): Service {
  const service = services.get(name)
  if (service) return service
  throw new Error(`The parent offers no service '${name}': its copy of pebble-ts is older than the worker's.`)
}

/** Says that a request has ended, or that its response has arrived. `number` is that of the `RemoteRequest`, not of the message. */
interface RequestEnd {
  readonly op: 'accept' | 'end'
  readonly number: number
}

const numbers = shared('services.requests', () => ({ last: 0 }))

/** A request of this worker that may wait in the program's own thread. */
export class RemoteRequest<A> {
  /** Rejects with what the service throws, and with `SerializationError` if the request cannot be sent. */
  readonly answer: Promise<A>
  readonly #service: string
  readonly #number: number

  constructor(service: string, request: object) {
    this.#service = service
    this.#number = numbers.last += 1
    this.answer = askService(service, { ...request, number: this.#number }) as Promise<A>
  }

  /**
   * What the service has granted has arrived, and stays here. A worker of a worker gets a promise, and must not use the
   * grant before it resolves: if the worker between them exits first, the service does not know of this message, and
   * grants it to another one.
   */
  accept(): Promise<unknown> | undefined {
    const end = { op: 'accept', number: this.#number } satisfies RequestEnd
    if (role.worker && role.worker.depth > 1) return askService(this.#service, end)
    tellService(this.#service, end)
    return undefined
  }

  /** Cancels the request, or returns what the service has granted. */
  end(): void {
    tellService(this.#service, { op: 'end', number: this.#number } satisfies RequestEnd)
  }
}

/** Asks a service of the parent. */
export function askService(service: string, request: object): Promise<unknown> {
  return role.worker?.request(service, request) ?? Promise.reject(new Error('This thread is not a worker.'))
}

/** Tells a service of the parent; there is no answer. */
export function tellService(service: string, request: object): void {
  role.worker?.tell(service, request)
}

/**
 * The service's side of a {@link RemoteRequest}. Only what is waiting or granted is in the table of the service.
 *
 *   new ──► waiting ────── answer, fail, undo ──► over
 *    │         └──┐                                ▲
 *    └── grant ───┴──► granted ── accept, undo ────┘
 */
export class ServedRequest {
  readonly owner: OwnerId
  readonly response: Promise<unknown>
  readonly #key: string
  readonly #table: Map<string, ServedRequest>
  #state: 'new' | 'waiting' | 'granted' | 'over' = 'new'
  #undo: (() => void) | undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void

  constructor(owner: OwnerId, key: string, table: Map<string, ServedRequest>) {
    this.owner = owner
    this.#key = key
    this.#table = table
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get isGranted(): boolean {
    return this.#state === 'granted'
  }

  /** @param cancel must also answer the request */
  waits(cancel: () => void): void {
    this.#state = 'waiting'
    this.#undo = cancel
    this.#table.set(this.#key, this)
  }

  /** @param giveBack undoes the grant, unless the worker accepts it first */
  grant(value: unknown, giveBack: () => void): void {
    this.#state = 'granted'
    this.#undo = giveBack
    this.#table.delete(this.#key) // the table is in the order of the grants
    this.#table.set(this.#key, this)
    this.#resolve(value)
  }

  answer(value: unknown): void {
    this.#end()
    this.#resolve(value)
  }

  fail(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  /** What was granted is the worker's for good. */
  accept(): void {
    this.#end()
  }

  /** Cancels the wait, or returns what was granted. */
  undo(): void {
    this.#end()
    this.#undo?.()
  }

  #end(): void {
    this.#state = 'over'
    this.#table.delete(this.#key)
  }
}

/** A service whose requests may wait. */
export abstract class RequestService<R extends object> implements Service {
  /** The requests that wait, or were granted something. */
  readonly #table = new Map<string, ServedRequest>()

  /** Answers the request, or grants it something, or has it wait. What it throws is the answer. */
  protected abstract start(request: R, served: ServedRequest): void

  handle(owner: OwnerId, body: unknown): unknown {
    const { op, number } = body as { readonly op: string; readonly number: number }
    const key = `${owner}#${number}`
    if (op === 'accept') return this.#table.get(key)?.accept()
    if (op === 'end') return this.#table.get(key)?.undo()
    const served = new ServedRequest(owner, key, this.#table)
    this.start(body as R, served)
    return served.response
  }

  /**
   * Cancels the waits first: otherwise the worker's own waits would get what it returns. Then undoes the grants, the
   * last one first: items return to the head of their queue in the old order.
   */
  ownerExited(ended: OwnerId, below = true): void {
    const requests = [...this.#table.values()].filter(({ owner }) => isOwner(owner, ended, below))
    for (const request of requests) if (!request.isGranted) request.undo()
    for (const request of requests.reverse()) if (request.isGranted) request.undo()
  }
}
