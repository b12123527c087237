import { files, importsOf } from './source-tree'

test('no file of src/ imports itself through others, types included', () => {
  expect(circles()).toEqual([])
})

/** The groups of files that import each other: the strongly connected components, by Tarjan's algorithm. */
function circles(): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const found: string[][] = []
  const visit = (file: string): void => {
    order.set(file, order.size)
    lowest.set(file, order.size - 1)
    open.push(file)
    for (const next of importsOf(file)) {
      if (!order.has(next)) visit(next)
      if (open.includes(next)) lowest.set(file, Math.min(Number(lowest.get(file)), Number(lowest.get(next))))
    }
    if (lowest.get(file) !== order.get(file)) return
    const group = open.splice(open.indexOf(file))
    if (group.length > 1) found.push(group.sort())
  }
  for (const file of files) if (!order.has(file)) visit(file)
  return found
}
