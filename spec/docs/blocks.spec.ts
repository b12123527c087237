import { diagnose } from './compile'
import { blocksOf, documents, type Block } from './markdown'

const blocks = documents.flatMap(blocksOf)
const compiles = (block: Block): boolean => !block.marks.includes('fails')

describe('the TypeScript of the documents', () => {
  let found: Map<Block, string[]>

  beforeAll(() => {
    found = diagnose(blocks)
  }, 60_000)

  it('is there', () => {
    expect(blocks.length).toBeGreaterThan(20)
  })

  it('compiles', () => {
    expect(blocks.filter(compiles).flatMap((block) => found.get(block))).toEqual([])
  })

  it('fails where it says so, with the error it shows', () => {
    const wrong = blocks.filter((block) => {
      const errors = found.get(block)?.join('\n') ?? ''
      const shown = [...block.code.matchAll(/^ *\/\/ ✗ (.*)$/gm)].map((match) => match[1] ?? '')
      return !compiles(block) && (shown.length === 0 || !shown.every((text) => errors.includes(text)))
    })
    expect(wrong.map((block) => ({ ...block, errors: found.get(block) }))).toEqual([])
  })

  it('has marks that mean something', () => {
    expect(blocks.flatMap(({ marks }) => marks).filter((mark) => !['run', 'legacy', 'fails'].includes(mark))).toEqual(
      [],
    )
  })
})
