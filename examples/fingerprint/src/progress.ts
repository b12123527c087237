import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  step(): void
  stop(): void
}

/** Shows a progress bar on a terminal, and a few plain lines elsewhere. */
export function startProgress(label: string, total: number): Progress {
  return process.stdout.isTTY ? startBar(label, total) : startLines(label, total)
}

function startBar(label: string, total: number): Progress {
  const format = `${label.padEnd(12)} {bar} {percentage}% | {value}/{total} files`
  const bar = new SingleBar({ format, hideCursor: true, clearOnComplete: false }, Presets.shades_classic)
  bar.start(total, 0)
  return { step: () => bar.increment(), stop: () => bar.stop() }
}

function startLines(label: string, total: number): Progress {
  const every = Math.ceil(total / 4)
  let done = 0
  const step = () => {
    done++
    if (done % every === 0 || done === total) console.log(`${label.padEnd(12)} ${done}/${total} files`)
  }
  return { step, stop: () => undefined }
}
