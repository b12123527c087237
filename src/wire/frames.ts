/**
 * Messages of a worker as bytes, for the carriers that outlive a killed worker: shared memory (threads), and a pipe and
 * the slot file (processes).
 *
 *   ┌────────────┬──────────────┬──────────────┬─────────┬──────────┬────────┬─────────┐
 *   │ u32 length │ u32 sequence │ f32 duration │ u8 kind │ u8 flags │ u8 tag │ payload │
 *   └────────────┴──────────────┴──────────────┴─────────┴──────────┴────────┴─────────┘
 *
 * `length` counts the whole frame, so it also gives the length of a text. A frame carries primitives and bytes
 * (`primitives.ts`); other data is made bytes before.
 *
 * The functions take the fields of a message one by one: they run once per call, and an object would be garbage.
 */
import type { MessageKind, WorkerMessage } from './messages'
import { readPayload, Tag, writeValue } from './primitives'

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
  target: Buffer,
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

/** Writes the header of a frame whose payload, `size` bytes, is written separately. */
// eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
export function writeBytesHeader(
  target: Buffer,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
  size: number,
): void {
  writeHeader(target, 0, FRAME_HEADER + size, kind, sequence, duration, flags)
  target[TAG_AT] = Tag.Bytes
}

export const frameLength = (source: Buffer, at: number): number => source.readUInt32LE(at)

/** Reads the frame at `at`. */
export function readFrame(source: Buffer, at: number): WorkerMessage {
  const end = at + source.readUInt32LE(at)
  return {
    sequence: source.readUInt32LE(at + 4),
    duration: source.readFloatLE(at + 8),
    kind: source[at + 12] as MessageKind,
    flags: source[at + 13] as number,
    data: readPayload(source, at + FRAME_HEADER, end, source[at + TAG_AT] as Tag),
  }
}

// eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
function writeHeader(
  target: Buffer,
  at: number,
  length: number,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
): void {
  target.writeUInt32LE(length, at)
  target.writeUInt32LE(sequence, at + 4)
  target.writeFloatLE(duration, at + 8)
  target[at + 12] = kind
  target[at + 13] = flags
}
