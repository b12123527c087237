import { diagnose } from './compile'
import { blocksOf, documents, type Block } from './markdown'

const blocks = documents.flatMap(blocksOf)
const compiles = (block: Block): boolean => !block.marks.includes('fails')

describe('The TypeScript blocks of the documents', () => {
  let found: Map<Block, string[]>

  beforeAll(() => {
    found = diagnose(blocks)
  }, 60_000)

  it('exist', () => {
    expect(blocks.length).toBeGreaterThan(20)
  })

  it('compile', () => {
    expect(blocks.filter(compiles).flatMap((block) => found.get(block))).toEqual([])
  })

  it('fail with the shown error if they are marked `fails`', () => {
    const wrong = blocks.filter((block) => {
      const errors = found.get(block)?.join('\n') ?? ''
      const shown = [...block.code.matchAll(/^ *\/\/ ✗ (.*)$/gm)].map((match) => match[1] ?? '')
      return !compiles(block) && (shown.length === 0 || !shown.every((text) => errors.includes(text)))
    })
    expect(wrong.map((block) => ({ ...block, errors: found.get(block) }))).toEqual([])
  })

  it('have only known marks', () => {
    expect(blocks.flatMap(({ marks }) => marks).filter((mark) => !['run', 'legacy', 'fails'].includes(mark))).toEqual(
      [],
    )
  })
})
