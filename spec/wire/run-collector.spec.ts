import { MessageKind, type WorkerMessage } from '../../src/wire/messages'
import { RunCollector } from '../../src/wire/run-collector'

const element = (sequence: number, duration: number, data: unknown, flags = 0): WorkerMessage => ({
  kind: MessageKind.Element,
  sequence,
  duration,
  flags,
  data,
})
const outcome = (sequence: number): WorkerMessage => ({ ...element(sequence, 0, 'end'), kind: MessageKind.Value })

/** What was received, in short: `7@0: a,b` for a run. */
const short = ({ kind, sequence, duration, data }: WorkerMessage): string =>
  kind === MessageKind.ElementRun
    ? `${sequence}@${duration}: ${(data as unknown[]).join()}`
    : `${sequence} ${String(data)}`

function collect(messages: WorkerMessage[]): string[] {
  const received: string[] = []
  const collector = new RunCollector((message) => received.push(short(message)))
  for (const message of messages) collector.add(message)
  collector.flush()
  return received
}

describe('a collector of runs', () => {
  it('passes results that follow each other as one message', () => {
    expect(collect([element(7, 0, 'a'), element(7, 1, 'b'), outcome(7)])).toEqual(['7@0: a,b', '7 end'])
  })

  it('begins another run at another call and at a gap', () => {
    expect(collect([element(7, 0, 'a'), element(8, 1, 'b'), element(8, 3, 'c')])).toEqual([
      '7@0: a',
      '8@1: b',
      '8@3: c',
    ])
  })

  it('passes what has to be decoded by itself, in its place', () => {
    expect(collect([element(7, 0, 'a'), element(7, 1, 'coded', 1), element(7, 2, 'c')])).toEqual([
      '7@0: a',
      '7 coded',
      '7@2: c',
    ])
  })

  it('keeps the order if its receiver reads more meanwhile', () => {
    const received: string[] = []
    const more = [element(8, 0, 'x'), element(8, 1, 'y'), outcome(8)]
    const collector = new RunCollector((message) => {
      received.push(short(message))
      if (more.length === 0) return
      for (const each of more.splice(0)) collector.add(each)
      collector.flush()
    })
    for (const message of [element(7, 0, 'a'), element(7, 1, 'b'), outcome(7)]) collector.add(message)
    collector.flush()
    expect(received).toEqual(['7@0: a,b', '7 end', '8@0: x,y', '8 end'])
  })

  it('keeps the order if a receiver reads more while another one does', () => {
    const received: string[] = []
    const left = [outcome(8), outcome(9), element(5, 0, 'x'), outcome(5)]
    const collector = new RunCollector((message) => {
      received.push(short(message))
      const next = left.shift()
      if (next) collector.add(next)
      collector.flush()
    })
    for (const message of [element(7, 0, 'a'), outcome(7)]) collector.add(message)
    collector.flush()
    expect(received).toEqual(['7@0: a', '7 end', '8 end', '9 end', '5@0: x', '5 end'])
  })

  it('passes on a message that is no result at once, behind the run before it', () => {
    const passed: MessageKind[] = []
    const collector = new RunCollector(({ kind }) => passed.push(kind))
    collector.add(outcome(7))
    expect(passed).toEqual([MessageKind.Value])
    collector.add(element(8, 0, 'a'))
    collector.flush()
    collector.add(element(8, 1, 'b'))
    collector.add(outcome(8))
    expect(passed).toEqual([MessageKind.Value, MessageKind.ElementRun, MessageKind.ElementRun, MessageKind.Value])
  })
})
