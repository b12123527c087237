import Module from 'node:module'

interface SourceMaps {
  setSourceMapsSupport?(enabled: boolean, options: { nodeModules: boolean }): void
}

let enabled = false

/** Remote stacks show the lines of the sources. Maps are read as modules load, so this comes before the first. */
export function enableSourceMaps(): void {
  if (enabled) return
  enabled = true
  if (Object.isFrozen(Error)) return // --frozen-intrinsics: stacks are read as text, and must name the files that run
  const { setSourceMapsSupport } = Module as SourceMaps
  if (setSourceMapsSupport !== undefined) setSourceMapsSupport(true, { nodeModules: false })
  else process.setSourceMapsEnabled(true)
}
