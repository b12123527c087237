/** The injection tokens of named pools. */
import { Inject } from '@nestjs/common'
import { checkOption, nonEmptyString } from '../utils/options'

/** Names whose tokens were asked for. By the time that Nest scans the modules, all classes that inject pools are loaded. */
const wanted = new Set<string>()

/**
 * Returns the injection token of the pool of that name: for `useFactory` and `inject`, and for `overrideProvider` in
 * tests.
 *
 * @throws {TypeError} the name is not a string; {@link RangeError} it is empty
 */
export function getPoolToken(name: string): string {
  checkOption('name', name, nonEmptyString)
  wanted.add(name)
  return `pebble-ts pool '${name}'`
}

/**
 * Injects the pool of that name.
 *
 * @throws {TypeError} the name is not a string; {@link RangeError} it is empty
 * @example
 * constructor(@InjectPool('reports') private readonly reports: ProcessPool) {}
 */
export function InjectPool(name: string): ParameterDecorator & PropertyDecorator {
  return Inject(getPoolToken(name))
}

/** The names whose tokens were asked for until now. */
export const wantedPools = (): string[] => [...wanted]
