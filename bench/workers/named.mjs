// piscina and tinypool: the default export runs, or the export that the call names.
export { add as default, doubleAll, echo, hang, inspect, nap } from '../dist/bodies.cjs'
