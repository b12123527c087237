import { stampPlaces } from './matrix/stamp'

stampPlaces('load', 'initializer')
