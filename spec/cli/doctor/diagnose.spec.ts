import { createProject, type Doctor, type Project } from '../../support/doctor'
import { processes } from '../../support/processes'
import { until } from '../../support/until'

jest.setTimeout(180_000)

let project: Project
beforeAll(() => {
  project = createProject()
})
afterAll(() => project?.remove())

const examine = async (...args: string[]): Promise<Doctor> => project.doctor([...args, '--json'])

test('TypeScript: each method and task is found, and fields that do not cross are listed', async () => {
  const { exitCode, text, stderr } = await project.doctor(['reports.mts'])
  expect(text).toBe(`reports.mts
  ES module, compiled by tsx …, Node.js v…
  tsconfig.json

Methods and tasks
  Reports.total (static)  thread: found   process: found
  Reports.render          thread: found   process: found
  Mailer.send             thread: found   process: found
  add                     thread: found   process: found
  twice                   thread: found   process: found

Fields of \`this\` that do not cross
  Reports
    events: an instance of EventEmitter
    done: a function
    #pages: a private field, which cannot be read from outside the class
    shared: a SharedArrayBuffer, in processes
  Mailer
    onSent: a function
    not checked: no instance was made: the constructor has parameters (client, sender)
    not checked: what the constructor stores in \`client\`, \`sender\`

Import in a fresh worker
  thread   … ms, heap … MB, resident … MB
  process  … ms, heap … MB, resident … MB

OK: 5 of 5 methods found in threads and processes; 0 errors, 0 warnings, 0 notes.
`)
  // What the module prints is not a part of the report.
  expect([exitCode, stderr.replaceAll('imported Mailer\n', '')]).toEqual([0, ''])
})

test('--json prints the same as data', async () => {
  const { exitCode, report } = await examine('reports.mts', '--kind', 'process')
  const cost = { ms: expect.any(Number), heapBytes: expect.any(Number), rssBytes: expect.any(Number) }
  const workers = { process: { found: true } }
  const kinds = ['process']
  expect(report).toEqual({
    version: 1,
    ok: true,
    module: `${project.folder}/reports.mts`,
    format: 'esm',
    loader: expect.stringMatching(/^tsx \d/),
    tsconfig: `${project.folder}/tsconfig.json`,
    node: process.version,
    kinds,
    methods: [
      { name: 'Reports.total', class: 'Reports', holder: 'static', workers },
      { name: 'Reports.render', class: 'Reports', holder: 'instance', workers },
      { name: 'Mailer.send', class: 'Mailer', holder: 'instance', workers },
      { name: 'add', class: null, holder: 'function', workers },
      { name: 'twice', class: null, holder: 'function', workers },
    ],
    classes: [
      {
        name: 'Reports',
        instance: true,
        fields: [
          { name: 'events', kinds, holds: 'an instance of EventEmitter', source: 'instance' },
          { name: 'done', kinds, holds: 'a function', source: 'instance' },
          { name: 'shared', kinds, holds: 'a SharedArrayBuffer', source: 'instance' },
          {
            name: '#pages',
            kinds,
            holds: 'a private field, which cannot be read from outside the class',
            source: 'text',
          },
        ],
        unchecked: [],
      },
      {
        name: 'Mailer',
        instance: false,
        fields: [{ name: 'onSent', kinds, holds: 'a function', source: 'text' }],
        unchecked: [
          'no instance was made: the constructor has parameters (client, sender)',
          'what the constructor stores in `client`, `sender`',
        ],
      },
    ],
    imports: { process: cost },
    findings: [],
  })
  expect(exitCode).toBe(0)
})

test('the import is weighed: its time, its heap, and the resident set of the process', async () => {
  const { report } = await examine('plain.mjs')
  for (const kind of ['thread', 'process'] as const) {
    const { ms, heapBytes, rssBytes } = report.imports[kind]
    expect(ms).toBeGreaterThan(0)
    expect(heapBytes).toBeGreaterThan(2_000_000) // 200,000 objects
    expect(heapBytes).toBeLessThan(50_000_000)
    expect(rssBytes).toBeGreaterThan(2_000_000)
  }
})

test('a method that one kind of worker does not define is not found there', async () => {
  const { exitCode, report } = await examine('conditional.mjs')
  expect(report.methods.map(({ name, workers }: any) => [name, workers.thread.found, workers.process.found])).toEqual([
    ['add', true, true],
    ['subtract', false, true],
  ])
  expect(report.methods[1].workers.thread.reason).toBe(
    `\`subtract\` of conditional.mjs was not defined when ${project.folder}/conditional.mjs was imported in the worker. Code behind \`isMainThread\`, \`isWorker()\` or the like does not run there. What is defined by such code, or by a function that only such code calls, is missing in the worker: define it at the top level of the module, unconditionally.`,
  )
  expect([exitCode, report.ok, report.findings]).toEqual([1, false, []])
})

test('--as-program finds what only the program defines', async () => {
  const { exitCode, report } = await examine('conditional.mjs', '--as-program', '--kind', 'process')
  expect(report.methods.map(({ name, workers }: any) => [name, workers.process.found])).toEqual([
    ['add', true],
    ['subtract', true],
    ['multiply', false],
  ])
  expect(exitCode).toBe(1)
})

test('--as-program waits for the calls of the program, and finds what it defines below them', async () => {
  const { exitCode, report } = await examine('--as-program', '--kind', 'process', 'awaits.mjs')
  expect(report.methods.map(({ name, workers }: any) => [name, workers.process.found])).toEqual([
    ['pause', true],
    ['later', false],
  ])
  expect([exitCode, report.findings]).toEqual([1, []])
})

test('--as-program says it if the program goes on for longer than the limit', async () => {
  const { report } = await project.doctor([
    'unfinished.mjs',
    '--as-program',
    '--kind',
    'process',
    '--timeout',
    '6000',
    '--json',
  ])
  expect(report.findings.map(({ code, message }: any) => [code, message])).toEqual([
    ['import-unfinished', expect.stringContaining('in a process does not finish: its top level waits for something.')],
    [
      'import-unfinished',
      'The import of unfinished.mjs in the program itself did not finish within 6000 ms: its top level waits for something. What it defines below that is not listed. If it is only slow, raise --timeout.',
    ],
  ])
})

test('an import that throws in the library is placed in the code that called it', async () => {
  const { report } = await examine('misuses.mjs', '--kind', 'process')
  expect(report.findings[0].message).toMatch(/ \(misuses\.mjs:\d+:\d+\)$/)
})

const GUARD =
  'Guard what a module starts by `if (!isWorker())`, with `isWorker` of pebble-ts, or move the method to a file of its own.'

test.each<[string, string, string[]]>([
  [
    'throws.mjs',
    'import-error',
    ['Importing throws.mjs in a thread and in a process failed: RangeError: no configuration. (throws.mjs:6:7)'],
  ],
  [
    'exits.cjs',
    'import-exit',
    [
      `The import of exits.cjs ended a thread and a process (exit code 3): its top level calls process.exit(), or crashes. ${GUARD}`,
    ],
  ],
  [
    'killed.cjs',
    'import-exit',
    [
      `The import of killed.cjs ended a thread, and the program with it (SIGKILL): its top level calls process.exit(), or crashes. ${GUARD}`,
      `The import of killed.cjs ended a process (SIGKILL): its top level calls process.exit(), or crashes. ${GUARD}`,
    ],
  ],
  [
    'loops.mjs',
    'import-timeout',
    [
      `The import of loops.mjs in a thread and in a process did not finish within 2500 ms. Its top level loops, or waits for something that does not happen before it defines a method. ${GUARD} If it is only slow, raise --timeout.`,
    ],
  ],
  [
    'hangs.mjs',
    'import-timeout',
    [
      `The import of hangs.mjs in a thread and in a process did not finish within 2500 ms. Its top level loops, or waits for something that does not happen before it defines a method. ${GUARD} If it is only slow, raise --timeout.`,
    ],
  ],
  [
    'nothing.mjs',
    'no-methods',
    [
      'nothing.mjs defines no decorated method and no task when a worker imports it. Code behind `isMainThread`, `isWorker()` or the like does not run there, and functions are not called.',
    ],
  ],
  [
    'imports.mjs',
    'no-methods',
    ['imports.mjs defines no decorated method and no task. It imports modules that do: plain.mjs. Examine those.'],
  ],
])('a module that cannot be used ends with 1 and one sentence: %s', async (file, code, messages) => {
  // A limit that a healthy import may miss on a busy machine is for those that never finish.
  const limit = code === 'import-timeout' ? ['--timeout', '2500'] : []
  const { exitCode, report } = await examine(file, ...limit)
  expect(report.findings).toEqual(messages.map((message) => ({ level: 'error', code, message })))
  expect([exitCode, report.ok, report.imports]).toEqual([1, false, {}])
})

test('methods that a failed import has defined are listed as not found', async () => {
  const { text } = await project.doctor(['throws.mjs', '--kind', 'thread'])
  expect(text).toBe(`throws.mjs
  ES module, Node.js v…

Methods and tasks
  add  thread: NOT FOUND
    throws.mjs could not be imported there; the findings say why.

Findings
  error import-error
    Importing throws.mjs in a thread failed: RangeError: no configuration. (throws.mjs:6:7)

NOT OK: 0 of 1 method found in threads; 1 error, 0 warnings, 0 notes.
`)
})

test('an import that does not finish below the methods is a warning', async () => {
  const { exitCode, report } = await examine('unfinished.mjs', '--kind', 'thread')
  expect(report.findings).toEqual([
    {
      level: 'warning',
      code: 'import-unfinished',
      message: `The import of unfinished.mjs in a thread does not finish: its top level waits for something. The first call in each worker waits 1500 ms for it, and then runs. ${GUARD}`,
    },
  ])
  expect([exitCode, report.methods[0].workers]).toEqual([0, { thread: { found: true } }])
})

test('a call at the top level is a note, and does not run', async () => {
  const { exitCode, report, stderr } = await examine('suspended.mjs', '--kind', 'process')
  expect(report.findings).toEqual([
    {
      level: 'note',
      code: 'calls-at-top-level',
      message: `The top level of suspended.mjs calls a decorated method or a pool. In a process, its code stops there. ${GUARD}`,
    },
  ])
  expect([exitCode, stderr]).toEqual([0, ''])
})

test('a constructor that ends its worker leaves the text of the class; [serialize] decides alone', async () => {
  const { exitCode, report } = await examine('constructors.mts', '--kind', 'process')
  expect(report.classes).toEqual([
    {
      name: 'Exits',
      instance: false,
      fields: [{ name: 'done', kinds: ['process'], holds: 'a function', source: 'text' }],
      unchecked: ['no instance was made'],
    },
    { name: 'Custom', instance: false, fields: [], unchecked: [] },
  ])
  expect(report.findings).toEqual([
    {
      level: 'warning',
      code: 'constructor-failed',
      message:
        'A constructor of constructors.mts, called in a process to look at the fields of an instance, ended it (exit code 4). --no-instances makes no instances.',
    },
  ])
  expect(exitCode).toBe(0)
})

test('--no-instances calls no constructor', async () => {
  const { report } = await examine('constructors.mts', '--kind', 'process', '--no-instances')
  expect([report.findings, report.classes[0].unchecked]).toEqual([[], ['no instance was made']])
})

test('a class with half of the hooks is an error', async () => {
  const { exitCode, report } = await examine('half-custom.mts', '--kind', 'thread')
  expect(report.findings).toEqual([
    {
      level: 'error',
      code: 'incomplete-hooks',
      message:
        '`Half` has no static [deserialize](), so calls of its methods fail. Define both [serialize]() and static [deserialize](state).',
    },
  ])
  expect(exitCode).toBe(1)
})

test('no process outlives the doctor', async () => {
  const ofProject = (): boolean => processes().some(({ command }) => command.includes(project.folder))
  const running = project.doctor(['hangs.mjs', '--timeout', '2500'])
  await until(ofProject, 'a process of the doctor')
  const { exitCode, stderr } = await running
  expect([exitCode, stderr]).toEqual([1, ''])
  await until(() => !ofProject(), 'all processes of the doctor to end')
})
