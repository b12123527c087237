import { explainSnapshot } from '../../src/worker/snapshot'

const frozen = Object.freeze({ n: 1 })

describe('an error about a write to the snapshot says what to do', () => {
  test.each<[string, () => unknown]>([
    ['an assignment', () => Object.assign(frozen, { n: 2 })],
    ['a new property', () => Object.assign(frozen, { m: 2 })],
    ['an item', () => Reflect.apply(Array.prototype.push, Object.freeze([1]), [2])],
    ['a sort', () => Reflect.apply(Array.prototype.sort, Object.freeze([2, 1]), [])],
    ['a deletion', () => Reflect.apply(Array.prototype.pop, Object.freeze([1]), [])],
    ['a new definition', () => Object.defineProperty(frozen, 'm', { value: 2 })],
    ['a definition in place of another', () => Object.defineProperty(frozen, 'n', { value: 2 })],
    ['another prototype', () => Object.setPrototypeOf(frozen, {})],
  ])('%s', (_name, write) => {
    expect(messageOf(write)).toMatch(/\. In a worker, `this` is a frozen snapshot: return the value/)
  })

  test('and other errors stay as they are', () => {
    expect(messageOf(() => (undefined as unknown as { n: number }).n)).not.toContain('snapshot')
  })
})

function messageOf(write: () => unknown): string {
  try {
    write()
  } catch (error) {
    return (explainSnapshot(error) as Error).message
  }
  return 'nothing was thrown'
}
