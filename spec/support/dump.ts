import { children } from './processes'

/** What this process waits for: the start of every search for a hang. */
export function dump(): string {
  return [
    `Active resources: ${process.getActiveResourcesInfo().join(', ')}`,
    'Child processes:',
    ...children(process.pid).map(({ pid, state, command }) => `  ${pid} ${state} ${command}`),
  ].join('\n')
}
