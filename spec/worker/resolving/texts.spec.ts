import { pathToFileURL } from 'node:url'
import type { MethodKey } from '../../../src/registry/keys'
import * as texts from '../../../src/worker/resolving/texts'

const url = pathToFileURL(__filename).href
const key = (more: Partial<MethodKey> = {}): MethodKey => ({
  module: { url, format: 'cjs' },
  holder: 'instance',
  member: 'render',
  ordinal: 0,
  sequence: 0,
  hash: '',
  position: '',
  className: 'Pdf',
  topLevel: true,
  ...more,
})
const search = { others: 0, loading: false, suspended: false, main: false }
const notDefined = `\`Pdf.render\` of texts.spec.ts was not defined when ${__filename} was imported in the worker. `

const guard =
  'Guard what a module starts by `if (!isWorker())`, with `isWorker` of pebble-ts, or move the method to a file of its own.'
const subclass = { module: { url, format: 'cjs' as const }, name: 'Report', static: false }

function inUse(): Error {
  return Object.assign(new Error('listen EADDRINUSE: :::80'), { syscall: 'listen' })
}

function circular(): Error {
  const error = new Error('round')
  return Object.assign(error, { cause: error })
}

describe('the message of a method that a worker cannot find says why', () => {
  test.each<[string, string, string]>([
    [
      'its module throws',
      texts.importFailed(key(), new RangeError('boom')),
      `Cannot run \`Pdf.render\` of texts.spec.ts in a worker: importing ${__filename} there failed: RangeError: boom`,
    ],
    [
      'its module throws a value without a text',
      texts.importFailed(key(), Object.create(null)),
      `Cannot run \`Pdf.render\` of texts.spec.ts in a worker: importing ${__filename} there failed: [Object: null prototype] {}`,
    ],
    [
      'its module has no file',
      texts.importFailed(key({ module: { url: 'file:///app/[eval]', format: 'cjs' } }), new Error('x')),
      'Cannot run `Pdf.render` of [eval] in a worker: the code that defines it has no file that a worker could import. Put it in a module, or name one with `module`.',
    ],
    [
      'it was created inside a function',
      texts.notDefined(key({ topLevel: false }), search),
      `${notDefined}It was created inside a function after the module had loaded, and a worker imports the module without calling its functions. Move the class or function to the top level of the module; where another module defines it, name that one with \`module\`.`,
    ],
    [
      'it is behind a guard',
      texts.notDefined(key(), search),
      `${notDefined}Code behind \`isMainThread\`, \`isWorker()\` or the like does not run there. What is defined by such code, or by a function that only such code calls, is missing in the worker: define it at the top level of the module, unconditionally.`,
    ],
    [
      'it is behind the guard of a main script',
      texts.notDefined(key(), { ...search, main: true }),
      `${notDefined}A guard around a main script must exclude only the code that starts the program. What is defined behind it, or by a function that is called behind it, is missing in the worker: define it at the top level of the module, unconditionally.`,
    ],
    [
      'the module defines other code there',
      texts.notDefined(key(), { ...search, others: 1 }),
      `${notDefined}In the worker, the module defines other code under that name. Did the file change since the program started? Is the class behind a condition on the thread or process? Restart the program, or define the class unconditionally.`,
    ],
    [
      'the module never finishes',
      texts.notDefined(key(), { ...search, others: 1, loading: true }),
      `${notDefined}Its import has not finished there: the module waits for a call that it dispatches itself, or for something that never happens. Define the class or function above that, or in a module of its own.`,
    ],
    [
      'the module waits for a call of its own, and defines others of that name above it',
      texts.notDefined(key(), { ...search, others: 1, loading: true, suspended: true }),
      `${notDefined}Its import has not finished there: the module waits for a call of its own, which does not run in a worker. Define the class or function above that, or in a module of its own.`,
    ],
    [
      'its module starts something that cannot start there',
      texts.importFailed(key(), inUse()),
      `Cannot run \`Pdf.render\` of texts.spec.ts in a worker: importing ${__filename} there failed: Error: listen EADDRINUSE: :::80. ${guard}`,
    ],
    [
      'a framework wraps the error of what its module starts',
      texts.importFailed(key(), new Error('no application', { cause: new Error('inner', { cause: inUse() }) })),
      `Cannot run \`Pdf.render\` of texts.spec.ts in a worker: importing ${__filename} there failed: Error: no application. ${guard}`,
    ],
    [
      'the module of its subclass starts something that cannot start there',
      texts.subclassImportFailed(key(), subclass, inUse()),
      `Cannot run \`Pdf.render\` of texts.spec.ts for \`Report\` in a worker: importing ${__filename} there failed: Error: listen EADDRINUSE: :::80. ${guard}`,
    ],
    [
      'the module of a class starts something that cannot start there',
      texts.classNotImported(subclass, inUse()),
      `Cannot load \`Report\` in a worker: importing ${__filename} there failed: Error: listen EADDRINUSE: :::80. ${guard}`,
    ],
    [
      'its module throws an error that is its own cause',
      texts.importFailed(key(), circular()),
      `Cannot run \`Pdf.render\` of texts.spec.ts in a worker: importing ${__filename} there failed: Error: round`,
    ],
    [
      'its class is hidden',
      texts.notExported(key()),
      `\`Pdf.render\` of texts.spec.ts is defined in the worker, but its class cannot be found there. Export the class from ${__filename}.`,
    ],
    [
      'the class is a different one',
      texts.otherClass(key(), 'Doc'),
      '`Pdf.render` of texts.spec.ts is a method of `Doc` in the worker. The module defines other classes there than in the parent: define them at its top level, without a condition on the thread or process.',
    ],
    [
      'the subclass is hidden',
      texts.noSubclass(key(), { module: key().module, name: '', static: false }),
      `Cannot run \`Pdf.render\` of texts.spec.ts for an anonymous class: no such class, or more than one, was found in the worker after importing ${__filename}. Define it at the top level of that module and export it.`,
    ],
  ])('%s', (_name, text, expected) => {
    expect(text).toBe(expected)
  })
})
