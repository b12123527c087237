/** Signatures: HMAC-SHA256, by the secrets of a queue. */
import { crypto } from '../utils/lazy'

/** The keys for signatures, the newest first; `false`: nothing is signed. */
export type Secrets = readonly (string | Uint8Array)[] | false

/** The newest key signs. */
export function sign(secrets: readonly (string | Uint8Array)[], text: string): string {
  return mac(secrets[0] as string, text).toString('base64')
}

/** Each key is accepted. */
export function isSigned(secrets: readonly (string | Uint8Array)[], text: string, signature: unknown): boolean {
  if (typeof signature !== 'string') return false
  const given = Buffer.from(signature, 'base64')
  return secrets.some((secret) => {
    const expected = mac(secret, text)
    return given.byteLength === expected.byteLength && crypto().timingSafeEqual(given, expected)
  })
}

const mac = (secret: string | Uint8Array, text: string): Buffer =>
  crypto().createHmac('sha256', secret).update(text).digest()
