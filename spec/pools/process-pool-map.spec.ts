import { describeMaps } from '../suites/pool'

describeMaps('process')
