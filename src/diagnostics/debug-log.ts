/** With `PEBBLE_DEBUG=1` or `NODE_DEBUG=pebble`, each event of the diagnostics channels is printed to stderr. */
import { debuglog } from 'node:util'
import { shared } from '../registry/shared'
import {
  callQueued,
  callSettled,
  callStarted,
  lineOf,
  subscribe,
  workerExited,
  workerStarted,
  type Unsubscribe,
  type WorkerEvent,
} from './events'

type Section = 'calls' | 'workers'
const SECTIONS: readonly Section[] = ['calls', 'workers']

const log = shared('debug log', () => ({ started: false }))

/** Starts the log if the environment asks for it. Later calls do nothing. */
export function startDebugLog(): void {
  if (log.started) return
  log.started = true
  const sections = sectionsOf(process.env.PEBBLE_DEBUG)
  if (sections.includes('calls')) logCalls()
  if (sections.includes('workers')) logWorkers()
}

/** A list of sections, separated by commas; any other value means all sections. */
function sectionsOf(value: string | undefined): readonly Section[] {
  if (debuglog('pebble').enabled) return SECTIONS
  if (value === undefined || value === '' || value === '0') return []
  const named = SECTIONS.filter((section) => value.split(',').includes(section))
  return named.length > 0 ? named : SECTIONS
}

function logCalls(): Unsubscribe[] {
  return [
    subscribe(callQueued, ({ label, number, pool }) => write(`${label} #${number} queued in ${pool}`)),
    subscribe(callStarted, ({ label, number, worker, startedAt, queuedAt }) =>
      write(`${label} #${number} started in ${nameOf(worker)} after ${ms(startedAt - queuedAt)}`),
    ),
    subscribe(callSettled, ({ label, number, state, duration, queuedAt, settledAt, error }) => {
      const time = duration === null ? `${ms(settledAt - queuedAt)} in the queue` : ms(duration)
      write(`${label} #${number} ${state} after ${time}${error === undefined ? '' : `: ${lineOf(error)}`}`)
    }),
  ]
}

function logWorkers(): Unsubscribe[] {
  return [
    subscribe(workerStarted, (worker) => write(`${nameAtStart(worker)} of ${worker.pool} starts`)),
    subscribe(workerExited, (worker) => {
      const how = worker.signal ?? `code ${worker.exitCode}`
      const why = worker.expected ? 'as it was told to' : 'by itself'
      write(`${nameOf(worker)} of ${worker.pool} exited with ${how}, ${why}, after ${worker.calls} calls`)
    }),
  ]
}

function nameOf({ kind, name, id }: { kind: string; name: string; id: number | null }): string {
  const number = kind === 'process' ? 'pid' : 'thread'
  return id === null ? `worker ${name}` : `worker ${name} (${number} ${id})`
}

/** The id of a thread means nothing to the reader before other lines show it. */
const nameAtStart = (worker: WorkerEvent): string => nameOf(worker.kind === 'thread' ? { ...worker, id: null } : worker)

const ms = (time: number): string => `${time.toFixed(1)} ms`

/** Prints a line as `util.debuglog` does. That function itself knows only `NODE_DEBUG`. */
function write(text: string): void {
  const official = debuglog('pebble')
  if (official.enabled) official('%s', text)
  else process.stderr.write(`PEBBLE ${process.pid}: ${text}\n`)
}
