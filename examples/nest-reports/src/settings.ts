/** The settings of the application, from the environment. Workers read the same ones. */
import { join } from 'node:path'
import { env } from 'node:process'

export const settings = {
  /** The port of the server. 0: any free port. */
  port: Number(env['PORT'] ?? 3000),
  /** How long one report may run, in ms. */
  limit: Number(env['REPORT_LIMIT'] ?? 60_000),
  /** The largest upload, in bytes. */
  maxUpload: Number(env['MAX_UPLOAD'] ?? 200 * 1024 * 1024),
  /** The folder of the database and of uploads. */
  folder: env['DATA_FOLDER'] ?? join(__dirname, '..', 'data'),
}
