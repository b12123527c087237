import { Presets, SingleBar } from 'cli-progress'
import type { MapFuture } from 'pebble-ts'

const EVERY = 100 // ms

/** Shows a progress bar on a terminal, and nothing elsewhere. It reads `future.progress` ten times a second. */
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
