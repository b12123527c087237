/** The files that are mutated, and the specs that must detect the mutations. The specs run in one process, from the sources, without workers. */
export const areas = {
  futures: { mutate: ['src/futures/*.ts'], specs: ['spec/futures/*.spec.ts'] },
  dispatch: {
    mutate: [
      'call-queue',
      'deadlines',
      'dispatcher',
      'call-errors',
      'call-ledger',
      'worker-handle',
      'assignment',
      'stop-calls',
      'start-failures',
      'worker-messages',
    ].map((name) => `src/dispatch/${name}.ts`),
    specs: ['spec/dispatch/*.spec.ts', 'spec/properties/dispatcher.spec.ts'],
  },
  codecs: {
    mutate: ['src/wire/**/*.ts', 'src/channel/frame-stream.ts'],
    specs: ['spec/wire/**/*.spec.ts', 'spec/channel/frame-stream.spec.ts'],
  },
}
