/** What a walk answers or throws instead of a value. */

/** Stands for a value that is left out, where leaving out is allowed: among the properties of errors. */
export const OMITTED = Symbol('drop')
/** Thrown when there is more to copy than the budget allows. */
export const OVER_BUDGET = Symbol('over budget')
/** Thrown where the properties of an error hold too much. */
export const TOO_MUCH = Symbol('too much')
/** Thrown when a walk for bytes meets what only `postMessage` can carry. */
export const NEEDS_LIVE = Symbol('needs live')
