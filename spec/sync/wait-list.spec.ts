import { ListNode, WaitList } from '../../src/sync/wait-list'

it('elements leave in the order in which they came, and from any place', () => {
  const list = new WaitList<ListNode>()
  const nodes = Array.from({ length: 6 }, () => new ListNode())
  for (const node of nodes) list.append(node)
  for (const index of [0, 2, 5]) expect(list.remove(nodes[index] as ListNode)).toBe(true)
  expect(list.remove(nodes[2] as ListNode)).toBe(false)
  expect(list.length).toBe(3)
  expect(nodes.indexOf(list.shift() as ListNode)).toBe(1)
  list.append(nodes[0] as ListNode)
  expect(list.clear().map((node) => nodes.indexOf(node))).toEqual([3, 4, 0])
  expect([list.length, list.shift()]).toEqual([0, undefined])
})

it('a hundred thousand elements leave fast', () => {
  const list = new WaitList<ListNode>()
  for (let i = 0; i < 100_000; i++) list.append(new ListNode())
  const began = performance.now()
  while (list.length > 0) list.shift()
  expect(performance.now() - began).toBeLessThan(1_000)
})
