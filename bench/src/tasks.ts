/** The tasks of the benches that use explicit pools. */
import { task } from 'pebble-ts'
import * as bodies from './bodies.cjs'

export const add = task((a: number, b: number) => a + b)

export const double = task(bodies.double)

export const hang = task(bodies.hang)
