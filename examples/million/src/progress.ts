import { Presets, SingleBar } from 'cli-progress'
import type { MapFuture } from 'pebble-ts'

const EVERY = 100 // ms

/** A bar on a terminal, nothing anywhere else. It looks at `future.progress` ten times a second. */
export function startProgress(future: MapFuture<unknown>): { stop(): void } {
  if (!process.stdout.isTTY) return { stop: () => undefined }
  const bar = new SingleBar(
    { format: '{bar} {percentage}% | {value}/{total}', hideCursor: true },
    Presets.shades_classic,
  )
  bar.start(future.progress.total ?? 0, 0)
  const look = (): void => bar.update(future.progress.done)
  const timer = setInterval(look, EVERY)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      bar.stop()
    },
  }
}
