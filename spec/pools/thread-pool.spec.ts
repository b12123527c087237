import { describePool } from '../suites/pool'

describePool('thread')
