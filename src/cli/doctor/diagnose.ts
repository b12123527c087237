/**
 * The examination of one module:
 *
 *   list      a worker of each kind imports the module ─► the methods and tasks that it defines
 *   probe     a fresh worker of each kind looks for all of them ─► found or not, what the import costs
 *   inspect   another packs instances of their classes ─► the fields that do not cross
 *   settings  the compiler's options and the text of the module
 */
import type { MethodKey } from '../../registry/keys'
import { projectOf } from '../../worker/loading/project'
import type { ClassFinding } from './class-fields'
import { mergeClasses, type ClassesOfKind } from './classes'
import type { Failure, Result } from './examination'
import { Examiner } from './examiner'
import type { Listing, ListedMethod } from './listing'
import { loaderFor, type Loader } from './loader'
import type { Probe } from './probe'
import type { Finding, ImportReport, Kind, Lookup, MethodReport, PerKind, Report } from './report'
import { settingsFindings } from './settings'
import type { Target } from './target'
import * as texts from './texts'

export interface DoctorOptions {
  readonly kinds: readonly Kind[]
  /** For each import, in ms. */
  readonly timeout: number
  /** Whether instances may be made to look at their fields. */
  readonly construct: boolean
  /** Whether the module is also imported as the program imports it, with `isWorker()` false. */
  readonly asProgram: boolean
}

/** What one kind of worker has found. */
interface Checked {
  readonly kind: Kind
  readonly lookups: readonly Lookup[]
  readonly cost?: ImportReport
  readonly classes?: ClassesOfKind
}

type Places = Map<texts.Place, Result<Listing>>

export async function diagnose(target: Target, options: DoctorOptions): Promise<Report> {
  const loader = loaderFor(target)
  if (target.isTypeScript && loader.name === null) {
    return finish({ target, loader, options, findings: [texts.noCompiler(target.file)], reports: [], checked: [] })
  }
  const examiner = new Examiner({ module: target.ref, loader, timeout: options.timeout })
  const findings: Finding[] = []
  const checked: Checked[] = []
  try {
    const places = await list(examiner, options)
    const methods = methodsOf(places)
    findings.push(...importFindings(target.file, places, options.timeout, methods))
    for (const kind of options.kinds) {
      checked.push(await check(kind, methods, { examiner, target, options, places, findings }))
    }
    const reports = methods.map((method, index) => methodReport(method, index, checked))
    return finish({ target, loader, options, findings, reports, checked })
  } finally {
    await examiner.close()
  }
}

/** Imports the module in each kind of worker, and in the program if that is wanted. */
async function list(examiner: Examiner, { kinds, asProgram }: DoctorOptions): Promise<Places> {
  const places: Places = new Map()
  for (const kind of kinds) places.set(kind, await examiner.ask('list', { in: kind }))
  if (!asProgram) return places
  places.set('program', await examiner.ask('list', { in: 'program' }))
  await examiner.close() // what the program has started must not disturb the rest: a new process examines that
  return places
}

/** The methods that any of the places defines. */
function methodsOf(places: Places): ListedMethod[] {
  const methods = new Map<string, ListedMethod>()
  for (const result of places.values()) {
    for (const method of 'answer' in result ? result.answer.methods : []) {
      const { holder, member, position, sequence } = method.key
      const id = [holder, member, position, sequence].join('\n')
      if (!methods.has(id)) methods.set(id, method)
    }
  }
  return [...methods.values()]
}

interface CheckContext {
  readonly examiner: Examiner
  readonly target: Target
  readonly options: DoctorOptions
  readonly places: Places
  readonly findings: Finding[]
}

async function check(kind: Kind, methods: readonly ListedMethod[], context: CheckContext): Promise<Checked> {
  const { examiner, target, options, places, findings } = context
  const keys = methods.map(({ key }) => key)
  const none = (): Lookup[] => keys.map(() => ({ found: false, reason: texts.notExamined(target.file) }))
  if (!isImported(places.get(kind)) || keys.length === 0) return { kind, lookups: none() }
  const probe = await examiner.ask('probe', { in: kind, keys })
  if ('failure' in probe) {
    findings.push(texts.failed(target.file, [kind], probe.failure, options.timeout))
    return { kind, lookups: none() }
  }
  const { lookups, cost } = probe.answer
  return { kind, lookups, cost, classes: { kind, found: await inspect(kind, keys, context) } }
}

/** If a constructor does not return, the texts of the classes have to do. */
async function inspect(kind: Kind, keys: readonly MethodKey[], context: CheckContext): Promise<ClassFinding[]> {
  const { examiner, target, options, findings } = context
  const found = await examiner.ask('inspect', { in: kind, keys, construct: options.construct })
  if ('answer' in found) return found.answer
  findings.push(texts.fieldsFailed(target.file, kind, found.failure, options.timeout))
  const read = await examiner.ask('inspect', { in: kind, keys, construct: false })
  return 'answer' in read ? read.answer : []
}

function isImported(result: Result<Listing | Probe> | undefined): boolean {
  return result !== undefined && 'answer' in result && result.answer.state !== 'failed'
}

/** One finding for all places that have the same to say. */
function importFindings(file: string, places: Places, timeout: number, methods: readonly ListedMethod[]): Finding[] {
  const groups = new Map<string, { places: texts.Place[]; result: Result<Listing> }>()
  for (const [place, result] of places) {
    const group = groups.get(essence(place, result)) ?? { places: [], result }
    group.places.push(place)
    groups.set(essence(place, result), group)
  }
  const found = [...groups.values()].map(({ places: alike, result }) =>
    'failure' in result
      ? texts.failed(file, alike, result.failure, timeout)
      : texts.importFinding(file, alike, result.answer, timeout),
  )
  const findings = found.filter((finding): finding is Finding => finding !== undefined)
  const answers = [...places.values()].flatMap((result) => (isImported(result) ? [result as { answer: Listing }] : []))
  if (methods.length > 0 || answers.length < places.size) return findings
  return [...findings, texts.noMethods(file, [...new Set(answers.flatMap(({ answer }) => answer.others))])]
}

function essence(place: texts.Place, result: Result<Listing>): string {
  if ('answer' in result) {
    const { state, error } = result.answer
    return JSON.stringify([state, error?.text, state === 'unfinished' && place === 'program'])
  }
  const { how, exitCode, signal, text }: Failure = result.failure
  return JSON.stringify(how === 'threw' ? [how, text] : [how, exitCode, signal])
}

function methodReport(
  { name, key, className }: ListedMethod,
  index: number,
  checked: readonly Checked[],
): MethodReport {
  const workers: PerKind<Lookup> = Object.fromEntries(
    checked.map(({ kind, lookups }) => [kind, lookups[index] as Lookup]),
  )
  return { name, class: className, holder: key.holder, workers }
}

const isError = ({ level }: Finding): boolean => level === 'error'

interface Finished {
  readonly target: Target
  readonly loader: Loader
  readonly options: DoctorOptions
  readonly findings: readonly Finding[]
  readonly reports: readonly MethodReport[]
  readonly checked: readonly Checked[]
}

function finish({ target, loader, options, findings, reports, checked }: Finished): Report {
  const merged = mergeClasses(checked.flatMap(({ classes }) => (classes === undefined ? [] : [classes])))
  const settings = settingsFindings({ target, loader, methods: reports, findings })
  const [reasons, others] = [settings.filter(isError), settings.filter((finding) => !isError(finding))]
  const all = [...reasons, ...findings, ...merged.findings, ...others] // why an import failed, then that it did
  const isFound = reports.every(({ workers }) => Object.values(workers).every(({ found }) => found))
  return {
    version: 1,
    ok: isFound && !all.some(isError),
    module: target.file,
    format: target.ref.format,
    loader: loader.name,
    tsconfig: target.isTypeScript ? projectOf(target.file).path : null,
    node: process.version,
    kinds: options.kinds,
    methods: reports,
    classes: merged.classes,
    imports: Object.fromEntries(checked.flatMap(({ kind, cost }) => (cost === undefined ? [] : [[kind, cost]]))),
    findings: all,
  }
}
