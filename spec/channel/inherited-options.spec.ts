import { fateOf } from '../../src/channel/inherited-options'
import { parseOptions } from '../../src/utils/node-options'

const fates = (word: string): string[] => {
  const [option] = parseOptions([word])
  return (['process', 'thread'] as const).map((kind) => fateOf(option!, kind))
}

describe('what workers inherit', () => {
  test.each([
    ...['-e', '-p', '-pe', '-c', '-i', '--eval', '--print', '--input-type=module', '--entry-url', '--snapshot-blob=x'],
    ...['--build-snapshot', '--build-snapshot-config=x', '--experimental-sea-config=x', '--run=x'],
  ])('is not what the program is: %s', (word) => expect(fates(word)).toEqual(['dropped', 'dropped']))

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
  ])('is for threads alone: %s', (word) => expect(fates(word)).toEqual(['dropped', 'kept']))

  test.each(['-r', '--require=x', '--import=x', '--loader=x', '--experimental-loader=x'])(
    'is found from the folder of the program: %s',
    (word) => expect(fates(word)).toEqual(['module', 'module']),
  )

  test.each([
    '--diagnostic-dir=x',
    '--report-dir=x',
    '--icu-data-dir=x',
    '--openssl-config=x',
    '--redirect-warnings=x',
  ])('has absolute paths: %s', (word) => expect(fates(word)).toEqual(['path', 'kept']))

  test.each(['--max-old-space-size=64', '--expose-gc', '--conditions=x', '-C', '--no-warnings', '--trace-warnings'])(
    'is everything else: %s',
    (word) => expect(fates(word)).toEqual(['kept', 'kept']),
  )
})
