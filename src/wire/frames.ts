/**
 * Messages of a worker as bytes, for the ways that outlive a killed worker: shared memory (threads), and a pipe and the
 * slot file (processes).
 *
 *   ┌────────────┬──────────────┬──────────────┬─────────┬──────────┬────────┬─────────┐
 *   │ u32 length │ u32 sequence │ f32 duration │ u8 kind │ u8 flags │ u8 tag │ payload │
 *   └────────────┴──────────────┴──────────────┴─────────┴──────────┴────────┴─────────┘
 *
 * `length` counts the whole frame, so it also gives the length of a text. `duration` of an element is its index in the
 * chunk. A frame carries primitives and bytes (`primitives.ts`); other data is made bytes before. In a pipe, a large payload
 * makes a multipart frame (`frame-stream.ts`).
 *
 * The functions take the fields of a message one by one: they run once per call, and an object would be garbage.
 */
import { areaOf, LITTLE_ENDIAN, type Area } from './area'
import { hasParts, type Bytes } from './encoding/bytes'
import { multipartFrame } from './frame-stream'
import { type MessageKind, type WorkerMessage } from './messages'
import { readPayload, Tag, textAsBytes, writeValue } from './primitives'

export const FRAME_HEADER = 15
const TAG_AT = FRAME_HEADER - 1

/** The most bytes that the frame of `data` can take, or 0 if `data` has no frame: objects are made bytes first. */
export function frameSize(data: unknown): number {
  switch (typeof data) {
    case 'number':
      return FRAME_HEADER + 8
    case 'undefined':
    case 'boolean':
      return FRAME_HEADER
    case 'string':
      return FRAME_HEADER + 2 * data.length
    case 'object':
      if (data === null) return FRAME_HEADER
      return data instanceof Uint8Array ? FRAME_HEADER + data.byteLength : 0
    default:
      return 0
  }
}

/** Writes one frame at `at`, where `frameSize(data)` bytes must be free. Returns the end. */
// eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
export function writeFrame(
  target: Area,
  at: number,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
  data: unknown,
): number {
  const end = writeValue(target, at + TAG_AT, data, 0)
  writeHeader(target, at, end - at, kind, sequence, duration, flags)
  return end
}

/** A message with large data as pieces to write: a multipart frame, whose parts are the payload. */
export function largeFrame({ kind, sequence, duration, flags, data }: WorkerMessage): Uint8Array[] {
  const frame = areaOf(Buffer.allocUnsafe(FRAME_HEADER))
  const [tag, parts] = typeof data === 'string' ? textAsBytes(data) : ([Tag.Bytes, partsOf(data as Bytes)] as const)
  writeHeader(frame, 0, FRAME_HEADER, kind, sequence, duration, flags)
  frame.bytes[TAG_AT] = tag
  return multipartFrame(frame.bytes, parts)
}

const partsOf = (data: Bytes): readonly Uint8Array[] => (hasParts(data) ? data : [data])

export const frameLength = ({ view }: Area, at: number): number => view.getUint32(at, LITTLE_ENDIAN)

/** Reads the frame at `at`. */
export function readFrame(source: Area, at: number, parts?: Uint8Array[]): WorkerMessage {
  const { bytes, view } = source
  const end = at + view.getUint32(at, LITTLE_ENDIAN)
  const tag = bytes[at + TAG_AT] as Tag
  return {
    sequence: view.getUint32(at + 4, LITTLE_ENDIAN),
    duration: view.getFloat32(at + 8, LITTLE_ENDIAN),
    kind: bytes[at + 12] as MessageKind,
    flags: bytes[at + 13] as number,
    data: parts ? readParts(parts, tag) : readPayload(source, at + FRAME_HEADER, end, tag),
  }
}

function readParts(parts: Uint8Array[], tag: Tag): unknown {
  const [first] = parts as [Uint8Array]
  if (tag !== Tag.Bytes) return readPayload(areaOf(Buffer.from(first.buffer)), 0, first.byteLength, tag)
  return parts.length > 1 ? parts : first
}

// eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
function writeHeader(
  { bytes, view }: Area,
  at: number,
  length: number,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
): void {
  view.setUint32(at, length, LITTLE_ENDIAN)
  view.setUint32(at + 4, sequence, LITTLE_ENDIAN)
  view.setFloat32(at + 8, duration, LITTLE_ENDIAN)
  bytes[at + 12] = kind
  bytes[at + 13] = flags
}
