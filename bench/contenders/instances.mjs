import { Decorated, Plain } from '../dist/instances.js'

/** A class with three methods, decorated or not. */
export function open({ decorated }) {
  return { Class: decorated ? Decorated : Plain, close: () => undefined }
}
