/** The report as text, for people. */
import { relative } from 'node:path'
import type { Finding, ImportReport, Kind, Report } from './report'

const PLURAL: Readonly<Record<Kind, string>> = { thread: 'threads', process: 'processes' }

/** Without colours and without a newline at its end. */
export function print(report: Report): string {
  const sections = [
    heading(report),
    ...section('Methods and tasks', methodLines(report)),
    ...section('Fields of `this` that do not cross', classLines(report)),
    ...section('Import in a fresh worker', importLines(report)),
    ...section('Findings', report.findings.flatMap(findingLines)),
    summaryOf(report),
  ]
  return sections.join('\n\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [[title, ...lines.map((line) => `  ${line}`)].join('\n')]
}

function heading({ module, format, loader, tsconfig, node }: Report): string {
  const kind = format === 'esm' ? 'ES module' : 'CommonJS'
  const details = [kind, ...(loader === null ? [] : [`compiled by ${loader}`]), `Node.js ${node}`]
  return [shown(module), `  ${details.join(', ')}`, ...(tsconfig === null ? [] : [`  ${shown(tsconfig)}`])].join('\n')
}

function methodLines({ methods, kinds }: Report): string[] {
  if (methods.length === 0) return []
  const names = methods.map(({ name, holder }) => (holder === 'static' ? `${name} (static)` : name))
  const width = Math.max(...names.map((name) => name.length))
  return methods.flatMap(({ workers }, index) => {
    const cells = kinds.map((kind) => `${kind}: ${workers[kind]?.found === true ? 'found' : 'NOT FOUND'}`)
    const reasons = kinds.flatMap((kind) => {
      const lookup = workers[kind]
      return lookup === undefined || lookup.found ? [] : [lookup.reason]
    })
    return [
      `${names[index]?.padEnd(width)}  ${cells.join('   ')}`,
      ...[...new Set(reasons)].map((reason) => `  ${reason}`),
    ]
  })
}

function classLines({ kinds: all, classes }: Report): string[] {
  return classes.flatMap(({ name, instance, fields, unchecked }) => {
    const lines = fields.map(({ name: field, kinds, holds }) => {
      const where = kinds.length === all.length ? '' : `, in ${kinds.map((kind) => PLURAL[kind]).join(' and ')}`
      return `  ${field}: ${holds}${where}`
    })
    const open = unchecked.map((what) => `  not checked: ${what}`)
    if (lines.length + open.length > 0) return [name, ...lines, ...open]
    return [instance ? `${name}: none` : `${name}: [serialize]() decides what crosses`]
  })
}

function importLines({ kinds, imports }: Report): string[] {
  const width = Math.max(...kinds.map((kind) => kind.length))
  return kinds.flatMap((kind) => {
    const cost = imports[kind]
    return cost === undefined ? [] : [`${kind.padEnd(width)}  ${costText(cost)}`]
  })
}

function costText({ ms, heapBytes, rssBytes }: ImportReport): string {
  return `${ms.toFixed(0)} ms, heap ${megabytes(heapBytes)}, resident ${megabytes(rssBytes)}`
}

const megabytes = (bytes: number): string => `+${(bytes / 2 ** 20).toFixed(1)} MB`

function findingLines({ level, code, message }: Finding): string[] {
  return [`${level} ${code}`, `  ${message}`]
}

function summaryOf({ ok, methods, findings, kinds }: Report): string {
  const where = kinds.map((kind) => PLURAL[kind]).join(' and ')
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
  const found = methods.filter(({ workers }) => kinds.every((kind) => workers[kind]?.found === true)).length
  const counts = [
    counted(count('error'), 'error'),
    counted(count('warning'), 'warning'),
    counted(count('note'), 'note'),
  ]
  const result = methods.length === 0 ? 'nothing' : `${found} of ${counted(methods.length, 'method')}`
  return `${ok ? 'OK' : 'NOT OK'}: ${result} found in ${where}; ${counts.join(', ')}.`
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Relative, if it is below the current folder. */
function shown(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
