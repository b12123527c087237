import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Holds the write lock of a database: a report reads its file and then waits with saving, until the lock is disposed of. */
export function holdDatabase(folder: string): Disposable {
  const database = new Database(join(folder, 'reports.sqlite'))
  database.exec('BEGIN IMMEDIATE')
  return { [Symbol.dispose]: () => void database.close() }
}
