/** What a worker process has open besides its standard streams, by number. */

/** Calls, from the parent. */
export const FROM_PARENT = 3
/** Outcomes, to the parent. */
export const TO_PARENT = 4
export const SLOT_FILE = 5
/** Nothing is ever written to it: it closes when the thread that started the worker is gone, however that ended. */
export const LIFELINE = 6
