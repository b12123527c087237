import { ThreadWorker } from 'poolifier'
import { add, doubleAll, echo, inspect, nap } from '../dist/bodies.cjs'

export default new ThreadWorker({ add, doubleAll, echo, inspect, nap })
