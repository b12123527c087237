/**
 * Worker messages as bytes, for the two carriers that outlive a killed worker: shared memory (threads) and a pipe
 * (processes).
 *
 *   ┌────────────┬──────────────┬──────────────┬──────┬───────┬─────┬─────────┐
 *   │ u32 length │ u32 sequence │ f32 duration │ kind │ flags │ tag │ payload │
 *   └────────────┴──────────────┴──────────────┴──────┴───────┴─────┴─────────┘
 *
 * `length` counts the whole frame. Only primitives and bytes are written; everything else is made bytes before.
 */
import type { MessageKind, WorkerMessage } from './messages'

export const FRAME_HEADER = 15

const enum Tag {
  Undefined,
  Null,
  True,
  False,
  Number,
  Latin1,
  Utf16,
  Bytes,
}

/** Bytes that the frame of `data` takes, or 0 where `data` has no frame (an object: make it bytes first). */
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

/** Writes one frame at `at`; the caller has made sure that `frameSize(data)` bytes are free. Returns the end. */
export function writeFrame(
  target: Buffer,
  at: number,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
  data: unknown,
): number {
  let end = at + FRAME_HEADER
  let tag: Tag
  if (typeof data === 'number') {
    tag = Tag.Number
    end = target.writeDoubleLE(data, end)
  } else if (data === undefined) tag = Tag.Undefined
  else if (data === null) tag = Tag.Null
  else if (data === true) tag = Tag.True
  else if (data === false) tag = Tag.False
  else if (typeof data === 'string') {
    if (isLatin1(data)) {
      tag = Tag.Latin1
      end += target.write(data, end, 'latin1')
    } else {
      tag = Tag.Utf16
      end += target.write(data, end, 'utf16le')
    }
  } else {
    tag = Tag.Bytes
    target.set(data as Uint8Array, end)
    end += (data as Uint8Array).byteLength
  }
  writeHeader(target, at, end - at, kind, sequence, duration, flags, tag)
  return end
}

/** Writes the header of a frame whose payload of `size` bytes follows on its own. */
export function writeBytesHeader(
  target: Buffer,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
  size: number,
): void {
  writeHeader(target, 0, FRAME_HEADER + size, kind, sequence, duration, flags, Tag.Bytes)
}

export const frameLength = (source: Buffer, at: number): number => source.readUInt32LE(at)

/** Reads the frame at `at`. Bytes are copied out: the carrier is used again. */
export function readFrame(source: Buffer, at: number): WorkerMessage {
  const end = at + source.readUInt32LE(at)
  return {
    sequence: source.readUInt32LE(at + 4),
    duration: source.readFloatLE(at + 8),
    kind: source[at + 12] as MessageKind,
    flags: source[at + 13] as number,
    data: readPayload(source, at + FRAME_HEADER, end, source[at + 14] as Tag),
  }
}

function readPayload(source: Buffer, from: number, end: number, tag: Tag): unknown {
  switch (tag) {
    case Tag.Undefined:
      return undefined
    case Tag.Null:
      return null
    case Tag.True:
      return true
    case Tag.False:
      return false
    case Tag.Number:
      return source.readDoubleLE(from)
    case Tag.Latin1:
      return source.toString('latin1', from, end)
    case Tag.Utf16:
      return source.toString('utf16le', from, end)
    case Tag.Bytes:
      return Uint8Array.prototype.slice.call(source, from, end)
  }
}

function writeHeader(
  target: Buffer,
  at: number,
  length: number,
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
  tag: Tag,
): void {
  target.writeUInt32LE(length, at)
  target.writeUInt32LE(sequence, at + 4)
  target.writeFloatLE(duration, at + 8)
  target[at + 12] = kind
  target[at + 13] = flags
  target[at + 14] = tag
}

export function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 255) return false
  return true
}
