import Module from 'node:module'

interface SourceMaps {
  setSourceMapsSupport?(enabled: boolean, options: { nodeModules: boolean }): void
}

let enabled = false

/** Makes remote stacks show source positions. Node reads source maps as modules load, so this has to run first. */
export function enableSourceMaps(): void {
  if (enabled) return
  enabled = true
  if (Object.isFrozen(Error)) return // `--frozen-intrinsics`: stacks are only read as text, which must name the running files
  const { setSourceMapsSupport } = Module as SourceMaps
  if (setSourceMapsSupport !== undefined) setSourceMapsSupport(true, { nodeModules: false })
  else process.setSourceMapsEnabled(true)
}
