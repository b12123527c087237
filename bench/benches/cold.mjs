/** The first call of a short program: from the start of the program to the first result, with one worker. */
import { floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'

export const title = 'The first call of a program, one worker'
export const program = 'first-call.mjs'
export const rounds = 9

export const measures = [
  { key: 'first', label: 'program start to first result, ms', better: 'less', digits: 0 },
  { key: 'imports', label: 'of that the import, ms', better: 'less', digits: 0 },
  { key: 'worker', label: 'and the worker, ms', better: 'less', digits: 0 },
]

export const groups = RUNTIMES.map((runtime) =>
  group(runtime, { runtime, workers: 1 }, [ours(), ...peers(runtime), floor()]),
)
