/** In the program: which module gives the bodies of an instance their injected fields. */
import type { OnApplicationShutdown, OnModuleInit, Type } from '@nestjs/common'
import type { ModulesContainer } from '@nestjs/core'
import { NotFoundError } from '../errors'
import type { FieldSourceRef } from '../registry/field-sources'
import type { ClassRef } from '../registry/keys'
import { locateClass } from '../registry/locate-class'
import { loggerLevels } from './log-levels'

export const SOURCE = 'nestjs'

/** What a worker gets to know of the module. */
export interface WorkerModuleData {
  readonly module: ClassRef
  /** The log levels of the program; `undefined` if it has not set them. */
  readonly levels: readonly string[] | undefined
}

/** The modules of the applications that run now, the latest last. */
const active: WorkerModule[] = []
/** The module of the application that created an instance. */
const byInstance = new WeakMap<object, WorkerModule>()

/** The module that was given to one `PebbleModule`. */
export class WorkerModule implements OnModuleInit, OnApplicationShutdown {
  readonly #cls: Type
  readonly #container: ModulesContainer
  #ref: ClassRef | undefined

  /** @throws {TypeError} `cls` is not a class */
  constructor(cls: unknown, container: ModulesContainer) {
    this.#cls = assertClass(cls)
    this.#container = container
    active.push(this)
  }

  /** @throws {NotFoundError} the module of the class is not known */
  get data(): WorkerModuleData {
    return { module: (this.#ref ??= referTo(this.#cls)), levels: loggerLevels() }
  }

  onModuleInit(): void {
    for (const { providers, controllers, injectables } of this.#container.values()) {
      for (const { instance } of [...providers.values(), ...controllers.values(), ...injectables.values()])
        if (typeof instance === 'object' && instance !== null) byInstance.set(instance, this)
    }
  }

  onApplicationShutdown(): void {
    const at = active.indexOf(this)
    if (at >= 0) active.splice(at, 1) // an application may be closed twice
  }
}

/** An instance that no application created, such as one of a test, uses the module of the latest application. */
export function refOf(self: object): FieldSourceRef | undefined {
  const module = byInstance.get(self) ?? active.at(-1)
  return module && { name: SOURCE, data: module.data }
}

function assertClass(cls: unknown): Type {
  if (typeof cls === 'function') return cls as Type
  throw new TypeError(
    'Expected `worker` of PebbleModule to return a module class, because workers find it by its name. ' +
      'For a dynamic module, define a class that imports it: `@Module({ imports: [Other.forRoot()] }) class WorkerModule {}`.',
  )
}

function referTo(cls: Function): ClassRef {
  const location = locateClass(cls)
  if (location !== null) return { ...location, name: cls.name, static: true }
  throw new NotFoundError(
    `A worker cannot import \`${cls.name}\`, the \`worker\` of PebbleModule: the module that defines the class is not known. Define it at the top level of a module and export it.`,
  )
}
