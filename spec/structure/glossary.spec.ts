import ts from 'typescript'
import { files, parse, read } from './source-tree'

/** Words that the glossary of docs/internals.md replaces, and what it says instead. */
const replaced: Readonly<Record<string, string>> = {
  crew: 'WorkerManager',
  watchman: 'Autoscaler',
  familiar: 'known method',
  rehome: 'adoptPrototypes',
  deafen: 'unsubscribe',
  stray: 'uncaught error',
  strays: 'uncaught errors',
  broker: 'LockService',
  desk: 'QueueService',
  overdue: 'queueTimedOut',
  recall: 'revoke',
  withdraw: 'revoke',
  withdrawn: 'revoked',
  'take back': 'revoke',
  'taken back': 'revoked',
  'takes back': 'revokes',
  'took back': 'revoked',
  'put back': 'requeue',
  'puts back': 'requeues',
  park: 'suspend',
  parked: 'suspended',
  parks: 'suspends',
  stamp: 'private tag',
  'on the way': 'sent, or not yet read',
  'let go of': 'release',
  'lets go of': 'releases',
  whoever: 'name it',
  somebody: 'name it',
  nobody: 'nothing, no reader, no worker',
}

test('src/ keeps to the words of the glossary', () => {
  const words = new RegExp(`\\b(${Object.keys(replaced).join('|')})\\b`, 'gi')
  const found = files.flatMap((file) =>
    [...separated(read(file)).matchAll(words)].map(
      ([word]) => `${file}: ${word} → ${replaced[word.toLowerCase()] ?? 'see the glossary'}`,
    ),
  )
  expect([...new Set(found)]).toEqual([])
})

test('no two exported types have one name', () => {
  const places = new Map<string, string[]>()
  for (const file of files)
    for (const name of exportedTypes(file)) places.set(name, [...(places.get(name) ?? []), file])
  expect([...places].filter(([, inFiles]) => inFiles.length > 1)).toEqual([])
})

/** `takeBackAll` as `take Back All`: words inside of names count as well. */
function separated(text: string): string {
  return text.replace(/([a-z])([A-Z])/g, '$1 $2')
}

function exportedTypes(file: string): string[] {
  return parse(file)
    .statements.filter(
      (node) =>
        ts.isInterfaceDeclaration(node) ||
        ts.isTypeAliasDeclaration(node) ||
        ts.isClassDeclaration(node) ||
        ts.isEnumDeclaration(node),
    )
    .filter((node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .map((node) => node.name?.text ?? 'default')
}
