/**
 * An area of memory, with a view through which its numbers are read and written. V8 has instructions for the methods of a
 * view. Those of `Buffer` run three to six functions of Node.js for each number, to check the arguments, and V8 interprets
 * these functions in the first thousands of calls of a program.
 */
export interface Area {
  readonly bytes: Buffer
  readonly view: DataView
}

/** For the methods of a view. */
export const LITTLE_ENDIAN = true

export const areaOf = (bytes: Buffer): Area => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
})
