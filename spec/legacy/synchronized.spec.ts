import { describeSameText, describeSynchronized } from '../suites/synchronized'
import * as legacyServices from './synchronized-services'

describeSynchronized(legacyServices)
describeSameText('synchronized-services.ts')
