import type { Flavour } from '../futures/future'
import { createDecorator } from './create-decorator'
import { threadRules } from './method-options'
import type { ThreadDecorator } from './types'

/** Makes `@thread` for one of the two manners of running done-callbacks. */
export const threadDecorator = (flavour: Flavour): ThreadDecorator =>
  createDecorator({ kind: 'thread', flavour, rules: threadRules }) as ThreadDecorator
