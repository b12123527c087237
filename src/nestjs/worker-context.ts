/** In a worker: the application context of the worker's module, and the injected fields of its instances. */
import { Logger, type INestApplicationContext, type LogLevel, type Type } from '@nestjs/common'
import { ModulesContainer, NestFactory } from '@nestjs/core'
import { FieldMissing, type FieldLookup, type FieldSourceRef, type SourceHost } from '../registry/field-sources'
import { fileText } from '../registry/keys'
import { beforeStop } from '../registry/stop-hooks'
import { warnOfServices } from './start-warnings'
import type { WorkerModuleData } from './worker-modules'

/** By the reference to the module. A context that could not be created is created again for the next call. */
const contexts = new Map<string, Promise<INestApplicationContext>>()
const MESSAGES_OF_START: LogLevel[] = ['warn', 'error', 'fatal']

/** Finds the fields of the worker's own instance of a class. */
export async function open({ data }: FieldSourceRef, cls: Function, worker: SourceHost): Promise<FieldLookup> {
  const { module, levels } = data as WorkerModuleData
  const name = `${module.name} of ${fileText(module.module.url)}`
  const context = await contextOf(JSON.stringify(module), async () => {
    const moduleClass = await worker.findClass(module)
    return createContext(moduleClass as Type, levels)
  }).catch((error: unknown) => {
    throw new FieldMissing(`the application context of ${name} could not be created in the worker.`, { cause: error })
  })
  const { instance, problem } = find(context, cls, name)
  return (field) => {
    if (instance === undefined) throw new FieldMissing(problem)
    if (field in instance) return Reflect.get(instance, field) as unknown
    throw new FieldMissing(`the instance of ${cls.name} that ${name} provides has no such field.`)
  }
}

function contextOf(key: string, create: () => Promise<INestApplicationContext>): Promise<INestApplicationContext> {
  const known = contexts.get(key)
  if (known) return known
  const created = create()
  contexts.set(key, created)
  created.catch(() => contexts.delete(key))
  return created
}

async function createContext(cls: Type, levels: readonly string[] | undefined): Promise<INestApplicationContext> {
  const before = process.getActiveResourcesInfo()
  const context = await NestFactory.createApplicationContext(cls, { logger: MESSAGES_OF_START, abortOnError: false })
  if (levels === undefined) Logger.overrideLogger(['verbose', 'debug', 'log', 'warn', 'error', 'fatal'])
  else Logger.overrideLogger(levels.length === 0 ? false : (levels as LogLevel[]))
  beforeStop(() => context.close())
  warnOfServices(context, cls.name, before)
  return context
}

interface Found {
  readonly instance: object | undefined
  readonly problem: string
}

/** Looks at the wrappers of Nest: `context.get()` knows tokens, and a class may be provided under another one. */
function find(context: INestApplicationContext, cls: Function, module: string): Found {
  const modules = [...context.get(ModulesContainer).values()]
  const wrappers = modules.flatMap(({ providers, controllers }) => [...providers.values(), ...controllers.values()])
  const own = wrappers.filter(({ metatype, instance }) => metatype === cls || (instance as object)?.constructor === cls)
  const single = own.find((wrapper) => wrapper.isDependencyTreeStatic() && !wrapper.isTransient)
  if (single) return { instance: single.instance as object, problem: '' }
  if (own.length === 0) {
    const advice = `Add ${cls.name} to its providers, with what it injects.`
    return { instance: undefined, problem: `${module} does not provide ${cls.name}. ${advice}` }
  }
  const scope = own[0]?.isTransient ? 'is transient' : 'depends on the request'
  const advice = 'Only singletons have injected fields in a body: pass what it needs as an argument.'
  return { instance: undefined, problem: `${cls.name} ${scope}, and a worker has one instance of it. ${advice}` }
}
