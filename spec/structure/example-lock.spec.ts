import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (...path: string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(__dirname, '..', '..', ...path), 'utf8')) as Record<string, unknown>

/** npm takes what a folder depends on from the lock file, and does not notice that the folder has changed. */
test('the lock file of examples/nest-reports has the dependencies that the package has now', () => {
  const { packages } = read('examples', 'nest-reports', 'package-lock.json') as { packages: Record<string, object> }
  const { dependencies, peerDependencies } = read('package.json')
  expect(packages['node_modules/pebble-ts']).toMatchObject({ dependencies, peerDependencies })
})
