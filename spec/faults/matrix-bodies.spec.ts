import { stampPlaces } from './matrix/stamp'

stampPlaces('before', 'after', 'streaming')
