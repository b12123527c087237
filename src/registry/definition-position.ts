/** Distinguishes definitions of the same name in one module. Used for methods, classes and locks. */
export interface DefinitionPosition {
  /** The number of the position in the module, among those that define this name. */
  readonly ordinal: number
  /** The number of the definition, among those at this position: factories, mixins and loops define several. */
  readonly sequence: number
}

/** By module, kind and name; then by call path. A module that is loaded again has the same call paths. */
const positions = new Map<string, Map<string, { ordinal: number; count: number }>>()

export function definitionPosition(id: string, callPath: string): DefinitionPosition {
  const paths = positions.get(id) ?? new Map<string, { ordinal: number; count: number }>()
  positions.set(id, paths)
  const position = paths.get(callPath) ?? { ordinal: paths.size, count: 0 }
  paths.set(callPath, position)
  return { ordinal: position.ordinal, sequence: position.count++ }
}
