/**
 * Messages of a parent as frames, for the pipe to a worker process (`frame-stream.ts` cuts them).
 *
 *   ┌────────────┬──────────┬──────┐
 *   │ u32 length │ u32 form │ body │
 *   └────────────┴──────────┴──────┘
 *
 * The body is written by V8's serializer. Large byte payloads of a batch are parts of a multipart frame: they follow the
 * frame as they are, which saves a copy. So does a large body. A batch of small calls has a shorter form
 * (`quick-batch.ts`).
 */
import { types } from 'node:util'
import { v8 } from '../utils/lazy'
import { LITTLE_ENDIAN, type Area } from './area'
import { hasParts, LARGE } from './encoding/bytes'
import { multipartFrame } from './frame-stream'
import { replaceLarge, type CallBatch } from './call-batch'
import type { ParentMessage } from './messages'
import { QUICK, readQuick, writeQuick } from './quick-batch'

const WORD = 4
const HEAD = 2 * WORD
const BODY = 0
/** The body is the first part. */
const BODY_APART = 1
/** The key in a placeholder: the number of its parts, or ALONE for one byte array. */
const COUNT = 0
const ALONE = 0

/** The pieces to write, in order. The next message may overwrite the first. */
export function writeMessage(message: ParentMessage): Uint8Array[] {
  if (!Array.isArray(message)) return writeBody(v8().serialize(message), [])
  const quick = writeQuick(message)
  if (quick) return [quick]
  const parts: Uint8Array[] = []
  return writeBody(v8().serialize(withoutParts(message, parts)), parts)
}

/** Reads the message of the frame at `at`. The bytes of the frame may be overwritten after this call. */
export function readMessage(source: Area, at: number, parts: Uint8Array[] = []): unknown {
  const { bytes, view } = source
  const end = at + view.getUint32(at, LITTLE_ENDIAN)
  switch (view.getUint32(at + WORD, LITTLE_ENDIAN)) {
    case QUICK:
      return readQuick(source, at + HEAD)
    case BODY:
      // a copy, because views that are read keep these bytes
      return withParts(v8().deserialize(Buffer.from(bytes.subarray(at + HEAD, end))), parts)
    default:
      return withParts(v8().deserialize(parts[0] as Uint8Array), parts.slice(1))
  }
}

function writeBody(body: Buffer, parts: readonly Uint8Array[]): Uint8Array[] {
  const isApart = body.byteLength >= LARGE
  const head = Buffer.allocUnsafe(HEAD)
  head.writeUInt32LE(HEAD + (isApart ? 0 : body.byteLength), 0)
  head.writeUInt32LE(isApart ? BODY_APART : BODY, WORD)
  if (isApart) return multipartFrame(head, [body, ...parts])
  return parts.length > 0 ? multipartFrame(Buffer.concat([head, body]), parts) : [head, body]
}

/** Puts placeholders where large payloads were, which become parts. A placeholder is a map: a packed payload never is one. */
function withoutParts(batch: CallBatch, parts: Uint8Array[]): CallBatch {
  return replaceLarge(batch, (bytes) => {
    const own = hasParts(bytes) ? bytes : [bytes]
    parts.push(...own)
    return new Map([[COUNT, bytes === own ? own.length : ALONE]])
  })
}

/** Puts the parts where their placeholders are. */
function withParts(message: unknown, parts: readonly Uint8Array[]): unknown {
  let next = 0
  if (parts.length === 0) return message
  const batch = message as CallBatch
  batch.forEach((field, index) => {
    if (!types.isMap(field)) return
    const count = field.get(COUNT) as number
    if (count === ALONE) batch[index] = parts[next++]
    else batch[index] = parts.slice(next, (next += count))
  })
  return batch
}
