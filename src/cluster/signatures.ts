/** Signatures: HMAC-SHA256, by the secrets of a queue. */
import { crypto } from '../utils/lazy'

/** The keys for signatures, the newest first; `false`: nothing is signed. */
export type Secrets = readonly (string | Uint8Array)[] | false

/** A text to sign in two parts: a long text is not copied only to put something before it. */
export type SignedText = readonly [head: string, body: string]

/** The newest key signs. */
export function sign(secrets: readonly (string | Uint8Array)[], text: SignedText): string {
  return mac(secrets[0] as string, text).toString('base64')
}

/** Each key is accepted. */
export function isSigned(secrets: readonly (string | Uint8Array)[], text: SignedText, signature: unknown): boolean {
  if (typeof signature !== 'string') return false
  const given = Buffer.from(signature, 'base64')
  return secrets.some((secret) => {
    const expected = mac(secret, text)
    return given.byteLength === expected.byteLength && crypto().timingSafeEqual(given, expected)
  })
}

const mac = (secret: string | Uint8Array, [head, body]: SignedText): Buffer =>
  crypto().createHmac('sha256', secret).update(head).update(body).digest()
