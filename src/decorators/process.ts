import type { Flavour } from '../futures/future'
import { createDecorator } from './create-decorator'
import { processRules } from './method-options'
import { refuseNodeMembers } from './node-process'
import type { ProcessDecorator } from './types'

/** Makes `@process` for one of the two manners of running done-callbacks. */
export const processDecorator = (flavour: Flavour): ProcessDecorator =>
  refuseNodeMembers(createDecorator({ kind: 'process', flavour, rules: processRules }) as ProcessDecorator)
