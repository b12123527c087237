/**
 * The envelopes that cross the queue: calls to the workers, and outcomes to the callers. Both are signed, and a
 * signature is checked before anything is deserialized.
 *
 *   call      { v, c: caller, x: expires, m: method and limits as JSON, p: base64 of [flags, self, args, extra], s: signature }
 *   outcome   { v, k: kind, w: worker, i: pid, d: duration, p: base64 of [flags, data, events], s: signature }
 *
 * A call is the data of a job. PostgreSQL sorts the keys of such data, so text is signed and not the object.
 */
import type { DispatchedMethod, Payload } from '../dispatch/call'
import type { RetryCause } from '../dispatch/retries'
import { SerializationError } from '../errors'
import type { ClassRef, MethodKey } from '../registry/keys'
import { v8 } from '../utils/lazy'
import { isOfOneMachine, mapStrings, portableName } from '../utils/portable-names'
import type { CallExtra } from '../wire/call-batch'
import { MessageKind, type WorkerMessage } from '../wire/messages'
import type { JobData, JobEnd } from './engine'
import { mapNames } from './extra-names'
import { isSigned, sign, type Secrets, type SignedText } from './signatures'

/** The version of the envelopes. A worker requeues calls of a version that it does not know. */
export const VERSION = 1

export type { Secrets }

/** The method of a call: portable names. */
export interface FarMethod {
  readonly key: MethodKey
  readonly cls: ClassRef | null
  readonly label: string
}

/** Limits that the worker machine applies. Durations are in ms. */
export interface FarLimits {
  readonly timeout?: number
  readonly grace?: number
  readonly queueTimeout?: number
  /** The causes that let the call run again, and how often it may start. */
  readonly on?: readonly RetryCause[]
  readonly attempts?: number
}

/** A call as a job's data. */
export interface CallEnvelope extends JobData {
  readonly v: number
  /** The call does not start after this time, in ms since 1970 by the engine's clock; `null`: it is a repetition. */
  readonly x: number | null
  readonly m: string
  readonly p: string
  readonly s?: string
}

/** The content of `m` of a call. */
export interface CallHead {
  readonly method: FarMethod
  readonly limits: FarLimits
  /** The largest result that the caller takes, in bytes. */
  readonly maxPayload: number
}

/** The content of the payload of a call. */
export type FarPayload = readonly [flags: number, self: unknown, args: unknown, extra: CallExtra | undefined]

/** A call for another machine. */
export function sealCall(call: {
  readonly id: string
  readonly caller: string
  readonly payload: Payload
  readonly limits: FarLimits
  readonly byName: 'any' | 'same'
  readonly maxPayload: number
  readonly expires: number | null
  readonly secrets: Secrets
}): CallEnvelope {
  const { id, caller, payload, limits, maxPayload, expires: x } = call
  const { flags, self, args, extra } = payload
  const packed: FarPayload = [flags, self, args, mapNames(extra, portableName)]
  const bytes = v8().serialize(packed)
  if (bytes.byteLength > maxPayload) throw tooLarge(`the arguments of ${payload.method.label}`, bytes, maxPayload)
  const open = { v: VERSION, c: caller, x, m: headText(payload, limits, call), p: bytes.toString('base64') }
  return call.secrets === false ? open : { ...open, s: sign(call.secrets, callText(id, open)) }
}

/** The same call with a new time of expiry, so that it may start again. */
export function renewCall(id: string, call: CallEnvelope, expires: number, secrets: Secrets): CallEnvelope {
  const renewed = { ...call, x: expires }
  return secrets === false ? renewed : { ...renewed, s: sign(secrets, callText(signedId(id), renewed)) }
}

/** The last head of each method: most calls of a method have the same head. */
const heads = new WeakMap<DispatchedMethod, { readonly limits: string; readonly text: string }>()

function headText(
  payload: Payload,
  limits: FarLimits,
  { byName, maxPayload }: { readonly byName: 'any' | 'same'; readonly maxPayload: number },
): string {
  const { timeout, grace, queueTimeout, attempts, on } = limits
  const key = `${timeout} ${grace} ${queueTimeout} ${attempts} ${on?.join()} ${byName} ${maxPayload}`
  const last = heads.get(payload.method)
  if (last?.limits === key) return last.text
  const head: CallHead = { method: farMethod(payload, byName), limits, maxPayload }
  const text = JSON.stringify(head)
  heads.set(payload.method, { limits: key, text })
  return text
}

function farMethod({ method }: Payload, byName: 'any' | 'same'): FarMethod {
  const { key, cls } = mapStrings({ key: method.definition.key, cls: method.definition.cls }, portableName) as FarMethod
  for (const { url } of [key.module, ...(cls ? [cls.module] : [])])
    if (isOfOneMachine(url)) throw outside(method.label, url)
  const via = cls?.via && { ...cls.via, byName }
  return { key: { ...key, byName }, cls: cls && { ...cls, ...(via && { via }) }, label: method.label }
}

/** The payload of a call, after its signature was checked. */
export function openCall({ p }: CallEnvelope): FarPayload {
  return v8().deserialize(Buffer.from(p, 'base64')) as FarPayload
}

const parsed = new Map<string, CallHead>()
const MOST_PARSED = 1000

/**
 * The method and the limits of a call, after its signature was checked. It is the same object for all calls of a
 * method.
 */
export function headOf({ m }: CallEnvelope): CallHead {
  let head = parsed.get(m)
  if (head === undefined) {
    if (parsed.size === MOST_PARSED) parsed.clear()
    parsed.set(m, (head = JSON.parse(m) as CallHead))
  }
  return head
}

/** The id with which calls of a repetition are signed. The engine gives each of them another one. */
export const repeatedId = (key: string): string => `repeat:${key}`
export const isRepeated = (id: string): boolean => id.startsWith('repeat:')
const signedId = (id: string): string => (isRepeated(id) ? id.slice(0, id.lastIndexOf(':')) : id)

/** The text that is signed. Neither JSON nor base64 contains a line break. */
const callText = (id: string, { v, c, x, m, p }: Pick<CallEnvelope, 'v' | 'c' | 'x' | 'm' | 'p'>): SignedText => [
  `${JSON.stringify([id, v, c, x])}\n${m}\n`,
  p,
]

/** Whether the data of a job is a call, of this version or of a later one. */
export function isCall({ v, c, x, m, p }: Partial<CallEnvelope>): boolean {
  const isTimed = x === null || Number.isFinite(x)
  return (
    Number.isInteger(v) && (v as number) >= VERSION && isTimed && [c, m, p].every((text) => typeof text === 'string')
  )
}

/** Whether a call was signed with one of the keys. */
export function isAuthentic(id: string, call: CallEnvelope, secrets: Secrets): boolean {
  return secrets === false || isSigned(secrets, callText(signedId(id), call), call.s)
}

/** An outcome, and the events that came before it: the elements of a chunk. */
export interface Outcome {
  readonly message: WorkerMessage
  readonly events: readonly WorkerMessage[]
  /** The machine and the process that ran the body: `db7:4711`. */
  readonly worker: string
  readonly pid: number | null
}

interface OutcomeEnvelope {
  /** Shown in dashboards. */
  readonly reason?: string
  readonly v: number
  readonly k: MessageKind
  readonly w: string
  readonly i: number | null
  readonly d: number
  readonly p: string
  readonly s?: string
}

/** @param reason the text of an error for dashboards */
export function sealOutcome(id: string, outcome: Outcome, secrets: Secrets, reason?: string): string {
  const { message, events, worker, pid } = outcome
  const content = [
    message.flags,
    message.data,
    events.map(({ kind, duration, flags, data }) => [kind, duration, flags, data]),
  ]
  const p = v8().serialize(content).toString('base64')
  const open = { v: VERSION, k: message.kind, w: worker, i: pid, d: message.duration, p }
  const s = secrets === false ? undefined : sign(secrets, outcomeText(id, open))
  return JSON.stringify({ ...(reason !== undefined && { reason }), ...open, s })
}

const outcomeText = (id: string, { v, k, w, i, d, p }: Omit<OutcomeEnvelope, 's' | 'reason'>): SignedText => [
  `${JSON.stringify([id, v, k, w, i, d])}\n`,
  p,
]

const ENDS: readonly MessageKind[] = [MessageKind.Value, MessageKind.Thrown]
const PROGRESS: readonly MessageKind[] = [MessageKind.Progress]

/**
 * Reads an outcome.
 *
 * @throws {SerializationError} it is no outcome, or its signature is wrong
 */
export const openOutcome = (id: string, text: string, secrets: Secrets): Outcome => open(id, text, secrets, ENDS)

/**
 * Reads a progress, which is sealed as an outcome is.
 *
 * @throws {SerializationError} it is no progress, or its signature is wrong
 */
export const openProgress = (id: string, text: string, secrets: Secrets): Outcome => open(id, text, secrets, PROGRESS)

/**
 * The end of a job whose outcome is written already: its machine was lost before it recorded the end.
 *
 * @throws {SerializationError} as {@link openOutcome}
 */
export function endOf(id: string, outcome: string, secrets: Secrets): JobEnd {
  const { message } = openOutcome(id, outcome, secrets)
  return message.kind === MessageKind.Thrown ? { type: 'failed', outcome, retry: false } : { type: 'finished', outcome }
}

function open(id: string, text: string, secrets: Secrets, kinds: readonly MessageKind[]): Outcome {
  const envelope = parse(text)
  if (envelope?.v !== VERSION || typeof envelope.p !== 'string')
    throw new SerializationError(`The outcome of call ${id} cannot be read: ${start(text)}`, '')
  if (secrets !== false && !isSigned(secrets, outcomeText(id, envelope), envelope.s)) {
    throw new SerializationError(
      `The outcome of call ${id} is not signed with the secret of this pool: a worker has another secret, or the queue was tampered with.`,
      '',
    )
  }
  const { k, d, w, i, p } = envelope
  if (!kinds.includes(k)) throw new SerializationError(`The outcome of call ${id} cannot be read: ${start(text)}`, '')
  const [flags, data, events] = v8().deserialize(Buffer.from(p, 'base64')) as [
    number,
    unknown,
    Array<[number, number, number, unknown]>,
  ]
  return {
    message: { kind: k, sequence: 0, duration: d, flags, data },
    events: events.map(([kind, duration, of, value]) => ({ kind, sequence: 0, duration, flags: of, data: value })),
    worker: w,
    pid: i,
  }
}

function parse(text: string): OutcomeEnvelope | undefined {
  try {
    return JSON.parse(text) as OutcomeEnvelope
  } catch {
    return undefined
  }
}

const start = (text: string): string => JSON.stringify(text.slice(0, 80))

export function tooLarge(what: string, { byteLength }: Uint8Array, limit: number): SerializationError {
  return new SerializationError(
    `Cannot send ${what} through the queue: ${byteLength} bytes are more than \`maxPayload\` (${limit}). Send the path of a file or a key of a store that all machines can read.`,
    '',
  )
}

function outside(label: string, url: string): SerializationError {
  if (url.startsWith('data:')) return withoutFile(label)
  return new SerializationError(
    `Cannot run ${label} on other machines: ${url.slice(0, 120)} is not below the root folder of the program, so it has no name there. Set the option \`root\` of the pool to a folder that holds it.`,
    '',
  )
}

/** The module comes from a `data:` URL: before Node.js 22, tsx loads CommonJS like that if an ES module imports it. */
function withoutFile(label: string): SerializationError {
  return new SerializationError(
    `Cannot run ${label} on other machines: its module was loaded from a \`data:\` URL, so it has no name there. tsx on Node.js 20 does that with CommonJS files that an .mts file imports: make them ES modules (\`"type": "module"\` in package.json, or .mts), compile them first, or use Node.js 22.`,
    '',
  )
}
