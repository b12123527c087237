import { describeLives } from '../suites/pool'

describeLives('process')
