/** Numbers the places in a module that define something of one name, and the definitions at each. */
export interface DefinitionPosition {
  readonly ordinal: number
  readonly sequence: number
}

/** By module, kind and name; then by the chain of calls. A module that is loaded again goes through the same chains. */
const places = new Map<string, Map<string, { ordinal: number; count: number }>>()

export function definitionPosition(id: string, chain: string): DefinitionPosition {
  const chains = places.get(id) ?? new Map<string, { ordinal: number; count: number }>()
  places.set(id, chains)
  const place = chains.get(chain) ?? { ordinal: chains.size, count: 0 }
  chains.set(chain, place)
  return { ordinal: place.ordinal, sequence: place.count++ }
}
