import '../support/setup'
import { engineKit } from './engine-kit'
import { describeEngine } from './engine.suite'
import { describeWithEngine } from './services'

describeWithEngine('postgres', (engine) => describeEngine(() => engineKit(engine())))
