/** The error messages for what cannot be decorated. */
import { show } from '../utils/options'

const REASONS: Record<string, string> = {
  class: 'decorates methods, not classes: put it on the methods that a worker is to run',
  getter: 'cannot decorate a getter: it could only return a promise. Make it a method',
  setter: 'cannot decorate a setter: it could not be awaited. Make it a method',
  accessor: 'cannot decorate an accessor. Make it a method',
  field:
    'cannot decorate a field, not even one that holds a function: a worker finds methods by their class. Make it a method',
  parameter: 'cannot decorate a parameter: put it on the method',
  private:
    'cannot decorate a #private method: a worker could not find it by name. Use a `private` method of TypeScript',
  generator: 'cannot decorate a generator: its values would have to wait for a worker. Make it an `async *` method',
}

/** The same for decorators whose methods run in the calling thread. */
const LOCAL_REASONS: Record<string, string> = {
  class: 'decorates methods, not classes',
  getter: 'cannot decorate a getter. Make it a method',
  setter: 'cannot decorate a setter. Make it a method',
  field: 'cannot decorate a field, not even one that holds a function. Make it a method',
  private: 'cannot decorate a #private method: it is called by its name. Use a `private` method of TypeScript',
  generator: 'cannot decorate a generator. Make it an ordinary method',
}
const LOCAL: readonly string[] = ['@sighandler']

/** @throws {TypeError} always */
export function refuse(decorator: string, kind: string, name?: PropertyKey): never {
  const place = name === undefined ? '' : ` (\`${String(name)}\`)`
  const local = LOCAL.includes(decorator) ? LOCAL_REASONS[kind] : undefined
  throw new TypeError(`${decorator} ${local ?? REASONS[kind] ?? `cannot decorate a ${kind}`}${place}.`)
}

/** @throws {TypeError} unless `original` is a function; also for a class, and for a generator that is not async */
export function ensureMethod(decorator: string, original: unknown, name?: PropertyKey): asserts original is Function {
  if (typeof original !== 'function') {
    throw new TypeError(`Expected ${decorator}() to be given a function, got ${show(original)}`)
  }
  if (isClass(original)) refuse(decorator, 'class', name)
  if (tagOf(original) === '[object GeneratorFunction]') refuse(decorator, 'generator', name)
}

/** Whether calls return streams: `async *method()`. False if the function was compiled for a target before ES2018. */
export function isAsyncGenerator(original: Function): boolean {
  return tagOf(original) === '[object AsyncGeneratorFunction]'
}

function isClass(value: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}

/** Works for functions of other realms, too. */
function tagOf(value: Function): string {
  return Object.prototype.toString.call(value)
}
