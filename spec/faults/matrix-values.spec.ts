import { stampPlaces } from './matrix/stamp'

stampPlaces('arguments', 'result (hook)', 'result (getter)')
