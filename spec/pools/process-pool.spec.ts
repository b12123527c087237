import { describeCalls } from '../suites/pool'

describeCalls('process')
