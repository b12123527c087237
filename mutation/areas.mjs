/** What is mutated, and the specs that are to notice: they run in one program, from the sources; no worker starts. */
export const areas = {
  futures: { mutate: ['src/futures/*.ts'], specs: ['spec/futures/alone/*.spec.ts'] },
  dispatch: {
    mutate: [
      'call-queue',
      'deadlines',
      'dispatcher',
      'call-errors',
      'call-ledger',
      'worker-handle',
      'outcomes',
      'choose-worker',
    ].map((name) => `src/dispatch/${name}.ts`),
    specs: ['spec/dispatch/*.spec.ts', 'spec/properties/dispatcher.spec.ts'],
  },
  codecs: {
    mutate: ['src/wire/**/*.ts', 'src/channel/frame-stream.ts'],
    specs: ['spec/wire/**/*.spec.ts', 'spec/channel/frame-stream.spec.ts'],
  },
}
