import { inheritRule } from '../../src/channel/inherited-options'
import { parseOptions } from '../../src/utils/node-options'

const rules = (word: string): string[] => {
  const [option] = parseOptions([word])
  return (['process', 'thread'] as const).map((kind) => inheritRule(option!, kind))
}

describe('an option of Node that workers inherit', () => {
  test.each([
    ...['-e', '-p', '-pe', '-c', '-i', '--eval', '--print', '--input-type=module', '--entry-url', '--snapshot-blob=x'],
    ...['--build-snapshot', '--build-snapshot-config=x', '--experimental-sea-config=x', '--run=x'],
  ])('is dropped if it says what the program is: %s', (word) => expect(rules(word)).toEqual(['dropped', 'dropped']))

  test.each([
    ...[
      '--inspect',
      '--inspect=0',
      '--inspect-brk',
      '--inspect_port=0',
      '--inspect-wait',
      '--inspect-publish-uid=http',
    ],
    ...['--debug-port=0', '--cpu-prof', '--cpu-prof-dir=x', '--heap-prof', '--prof', '--trace-event-categories=v8'],
    ...['--report-filename=x', '--test', '--test-name-pattern=x', '--test-isolation=none', '--no-test'],
    ...['--experimental-test-coverage', '--watch', '--watch-path=x', '--env-file=.env', '--env-file-if-exists=.env'],
  ])('is kept for threads and dropped for processes: %s', (word) => expect(rules(word)).toEqual(['dropped', 'kept']))

  test.each(['-r', '--require=x', '--import=x', '--loader=x', '--experimental-loader=x'])(
    'is resolved as a module from the folder of the program: %s',
    (word) => expect(rules(word)).toEqual(['module', 'module']),
  )

  test.each([
    '--diagnostic-dir=x',
    '--report-dir=x',
    '--icu-data-dir=x',
    '--openssl-config=x',
    '--redirect-warnings=x',
  ])('gets an absolute path in processes: %s', (word) => expect(rules(word)).toEqual(['path', 'kept']))

  test.each(['--max-old-space-size=64', '--expose-gc', '--conditions=x', '-C', '--no-warnings', '--trace-warnings'])(
    'is kept as it is: %s',
    (word) => expect(rules(word)).toEqual(['kept', 'kept']),
  )
})
