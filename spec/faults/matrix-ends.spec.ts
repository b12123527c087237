import { stampPlaces } from './matrix/stamp'

stampPlaces('idle', 'draining', 'shutdown')
