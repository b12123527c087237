import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { anchorsOf, documents, linksOf, root } from './markdown'

describe('The links of the documents', () => {
  it.each(documents)('in %s have existing targets', (document) => {
    const broken = linksOf(document).filter(({ target }) => !resolves(document, target))
    expect(broken.map(({ target, line }) => `${document}:${line} → ${target}`)).toEqual([])
  })

  it('reach every document from the README', () => {
    const reached = new Set(linksOf('README.md').map(({ target }) => normalize(target.split('#')[0] ?? '')))
    expect(documents.filter((document) => document !== 'README.md' && !reached.has(document))).toEqual([])
  })
})

function resolves(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document : normalize(join(dirname(document), path))
  if (!existsSync(join(root, file))) return false
  return anchor === undefined || (file.endsWith('.md') && anchorsOf(file).includes(anchor))
}
