import { describeCalls } from '../suites/pool'

describeCalls('thread')
