/** Warns of what a worker's application context has started and should not: schedulers and servers run once per program. */
import type { INestApplicationContext } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'

/** Names of providers that act by themselves, and of the package that they belong to. */
const ACTIVE: Readonly<Record<string, string>> = {
  SchedulerRegistry: '@nestjs/schedule',
  EventSubscribersLoader: '@nestjs/event-emitter',
  BullExplorer: '@nestjs/bullmq',
}

/** @param before the active resources of the process when the context was not there yet */
export function warnOfServices(context: INestApplicationContext, module: string, before: readonly string[]): void {
  const names = new Set(
    [...context.get(ModulesContainer).values()].flatMap(({ providers }) =>
      [...providers.values()].map(({ name }) => String(name)),
    ),
  )
  for (const [provider, from] of Object.entries(ACTIVE)) if (names.has(provider)) warn(module, `imports ${from}`)
  const servers = (all: readonly string[]): number => all.filter((name) => name === 'TCPServerWrap').length
  if (servers(process.getActiveResourcesInfo()) > servers(before)) warn(module, 'has opened a server')
}

function warn(module: string, what: string): void {
  process.emitWarning(
    `${module}, the \`worker\` of PebbleModule, ${what}. It runs in every worker, besides the application. ` +
      'Give `worker` a module of its own with only the services that bodies use.',
    { code: 'PEBBLE_WORKER_MODULE' },
  )
}
