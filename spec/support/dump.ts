import { children } from './processes'

/** The resources and child processes that keep this process alive, to find the cause of a hang. */
export function dump(): string {
  return [
    `Active resources: ${process.getActiveResourcesInfo().join(', ')}`,
    'Child processes:',
    ...children(process.pid).map(({ pid, state, command }) => `  ${pid} ${state} ${command}`),
  ].join('\n')
}
