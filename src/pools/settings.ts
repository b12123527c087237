import { shared } from '../registry/shared'

/** Settings of the whole program, changed by `configure()`. */
export const settings = shared('settings', (): { eager?: boolean; tracing?: boolean } => ({}))
