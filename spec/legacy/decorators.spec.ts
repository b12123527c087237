import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeCallbacks } from '../suites/callbacks'
import { describeDecorators } from '../suites/decorators'
import { describeRefusals } from '../suites/refusals'
import { describeShape } from '../suites/shape'
import type * as Stage3Services from '../stage3/services'
import * as legacyServices from './services'

const services = legacyServices as unknown as typeof Stage3Services

describeDecorators(services)
describeShape(services, 'legacy')
describeCallbacks(services, 'legacy')
describeRefusals('legacy')

it('both dialects test the same services', () => {
  const text = (dialect: string): string => readFileSync(join(__dirname, '..', dialect, 'services.ts'), 'utf8')
  expect(text('legacy')).toBe(text('stage3'))
})
