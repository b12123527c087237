import { describePool } from '../suites/pool'

describePool('process')
