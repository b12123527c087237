/**
 * A buffer, and a view of the same memory, through which its numbers are read and written. A method of a view is one
 * built-in function of V8, and one instruction in compiled code. A method of `Buffer` runs two to six functions of Node.js
 * for each number, to check its arguments. V8 interprets these in the first thousands of calls of a program.
 */
export interface Area {
  readonly bytes: Buffer
  readonly view: DataView
}

/** The last argument of the methods of a view. */
export const LITTLE_ENDIAN = true

export const areaOf = (bytes: Buffer): Area => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
})
