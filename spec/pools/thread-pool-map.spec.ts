import { describeMaps } from '../suites/pool'

describeMaps('thread')
