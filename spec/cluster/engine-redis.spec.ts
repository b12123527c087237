import '../support/setup'
import { engineKit } from './engine-kit'
import { describeEngine } from './engine.suite'
import { describeWithEngine } from './services'

describeWithEngine('redis', (engine) => describeEngine(() => engineKit(engine())))
