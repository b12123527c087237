import { serializable } from 'pebble-ts'

/** The file of the user is wrong. The message is for the user. `@serializable` lets the error keep its class. */
@serializable
export class CsvError extends Error {
  override readonly name = 'CsvError'
}
