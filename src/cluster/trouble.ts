/**
 * The last error of a connection. The clients of Redis and PostgreSQL try again by themselves, and requests that wait
 * do not learn the reason. If the engine refuses this program, another attempt is useless, so the requests reject at
 * once with the reason.
 */
import { PoolError } from '../errors'

interface Refusal {
  /** Matches the message, with the code. */
  readonly says: RegExp
  readonly advice: string
}

const CERTIFICATE = 'Give the certificate of its authority in `connection` (`tls: { ca }`, `ssl: { ca }`).'

/** Errors after which another attempt is useless. */
const REFUSALS: readonly Refusal[] = [
  { says: /^WRONGPASS|\(28P01\)$/, advice: 'Correct the user and the password in `connection`.' },
  {
    says: /^NOAUTH|client password must be a string/,
    advice: 'Give the password in `connection`: `redis://user:password@host`, `postgres://user:password@host`.',
  },
  {
    says: /^NOPERM|\(42501\)$/,
    advice: 'Give the user of `connection` the rights that docs/cluster.md lists under "Security".',
  },
  { says: /\(3D000\)$/, advice: 'Create the database, or correct its name in `connection`.' },
  { says: /DB index is out of range/, advice: 'Correct the number of the database in `connection`.' },
  {
    says: /^no pg_hba\.conf entry.*(?:no encryption|SSL off)/,
    advice: 'It asks for TLS: add `?sslmode=require` to `connection`.',
  },
  { says: /\(28000\)$/, advice: 'Correct the user of `connection`, or let this host in (pg_hba.conf).' },
  {
    says: /^The server does not support SSL|WRONG_VERSION_NUMBER|\(EPROTO\)/,
    advice: 'It does not speak TLS there: use `redis://`, or `postgres://` without `sslmode`, or another port.',
  },
  { says: /\((?:\w*SELF_SIGNED|UNABLE_TO_|\w*CERT_)\w*\)$/, advice: CERTIFICATE },
]

/** Errors that may pass. */
const OUTAGES: readonly Refusal[] = [
  { says: /ENOTFOUND|EAI_AGAIN/, advice: 'Correct the host in `connection`.' },
  { says: /ECONNREFUSED/, advice: 'Nothing listens there: start it, or correct host and port in `connection`.' },
  {
    says: /ECONNRESET|EPIPE|closed|ETIMEDOUT|EHOSTUNREACH/,
    advice: 'Check host and port of `connection`, and whether it asks for TLS there (`rediss://`, `sslmode=require`).',
  },
]

const find = (of: readonly Refusal[], text: string): Refusal | undefined => of.find(({ says }) => says.test(text))

/** Whether the engine refuses this program. */
export const isRefusal = (error: unknown): boolean => find(REFUSALS, textOf(error)) !== undefined

/** The words of the engine or the system, and what to do; `undefined`: there is no error. */
export function reasonOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  const text = textOf(error)
  const advice = (find(REFUSALS, text) ?? find(OUTAGES, text))?.advice
  return advice === undefined ? text : `${text}. ${advice}`
}

/** If several addresses of one host fail, the error has no text of its own: the text is that of the first one. */
function textOf(error: unknown): string {
  const { code, message, errors } = (error ?? {}) as { code?: unknown; message?: unknown; errors?: readonly unknown[] }
  if (errors !== undefined && errors.length > 0) return textOf(errors[0])
  const text = String(message ?? error).replace(/\.$/, '')
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text
}

export class Trouble {
  /** The last error of the connection; `undefined`: it works. */
  last: unknown
  readonly #waiting = new Set<(error: unknown) => void>()

  happened(error: unknown): void {
    this.last = error
    if (isRefusal(error)) for (const reject of this.#waiting) reject(error)
  }

  over(): void {
    this.last = undefined
  }

  /** Rejects with what the engine says, as soon as it refuses this program. */
  async during<T>(request: () => Promise<T>): Promise<T> {
    let reject: (error: unknown) => void = () => undefined
    const refused = new Promise<never>((_resolve, fail) => (reject = fail))
    this.#waiting.add(reject)
    if (isRefusal(this.last ?? '')) reject(this.last)
    try {
      return await Promise.race([refused, request()])
    } finally {
      this.#waiting.delete(reject)
    }
  }
}

/** The error of a wait until the connection is ready. */
export function refusedError(error: unknown): unknown {
  if (!isRefusal(error)) return error
  return new PoolError(`The queue refuses this program: ${reasonOf(error)}`, { cause: error, reason: 'unavailable' })
}
