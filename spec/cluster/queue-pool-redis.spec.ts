import '../support/setup'
import { describeQueuePool } from './queue-pool.suite'
import { describeWithEngine } from './services'

describeWithEngine('redis', describeQueuePool)
