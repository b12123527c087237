import { describeSameText, describeSynchronized } from '../suites/synchronized'
import type * as Stage3Services from '../stage3/synchronized-services'
import * as legacyServices from './synchronized-services'

describeSynchronized(legacyServices as unknown as typeof Stage3Services)
describeSameText('synchronized-services.ts')
