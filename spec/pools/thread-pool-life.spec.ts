import { describeLives } from '../suites/pool'

describeLives('thread')
