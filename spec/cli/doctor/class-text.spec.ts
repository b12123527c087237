import { runInNewContext } from 'node:vm'
import { transformSync } from 'esbuild'
import ts from 'typescript'
import { readClass, type ClassText } from '../../../src/cli/doctor/class-text'

const evaluate = (code: string): Function => runInNewContext(code) as Function

/** Reads the text of a class expression. */
const read = (text: string): ClassText => readClass(evaluate(`class Base {}; (${text})`))

test('a class without fields and constructor', () => {
  expect(read('class A { run() { this.done = () => {} } }')).toEqual({
    privateFields: [],
    functionFields: [],
    parameters: null,
    stored: [],
  })
})

test.each<[string, string[]]>([
  ['class A { #a = 1; #b\n #c }', ['a', 'b', 'c']],
  ['class{#a=1;#b;c(){}}', ['a', 'b']],
  ['class A { static #a = 1; #run() {} get #size() { return 1 } }', []],
  ['class A { run() { const o = { x: 1 }; return o } #a = "#b = 1" /* #c = 1 */ }', ['a']],
  ['class A { a = /[/"#}]/; #b = `}${1}#c=`; d = 8 / 2 }', ['b']],
])('private fields of instances: %s', (text, names) => {
  expect(read(text).privateFields).toEqual(names)
})

test.each<[string, string[]]>([
  [
    'class A { a = () => {}; b = async (x) => x; c = function () {}; d = async function () {}; e = y => y }',
    [...'abcde'],
  ],
  ['class A { a = 1; b = [() => {}]; c = Base(() => {}); static d = () => {}; e() { const f = () => {} } }', []],
  ['class A { constructor() { this.a = () => {}; this.b = 1; this.c = async () => {} } }', ['a', 'c']],
])('fields that hold a function: %s', (text, names) => {
  expect([...read(text).functionFields].sort()).toEqual(names)
})

test.each<[string, string[] | null, Array<[string, string]>]>([
  ['class A { constructor() {} }', [], []],
  [
    'class A { constructor(a, b = {}, ...c) { this.x = a; this.c = c; this.d = b.d } }',
    ['a', 'b', 'c'],
    [
      ['x', 'a'],
      ['c', 'c'],
    ],
  ],
  ['class A { constructor({ a, b }, [c]) { this.a = a } }', ['{…}', '{…}'], []],
  ['class A extends Base { run(a) { this.a = a } }', null, []],
  ['class A { constructor(a = { b: ",)" }, c) { this.c = c } }', ['a', 'c'], [['c', 'c']]],
])('what the constructor takes and stores: %s', (text, parameters, stored) => {
  const found = read(text)
  expect([found.parameters, found.stored]).toEqual([parameters, stored])
})

test('functions and native classes have no text to read', () => {
  const nothing = { privateFields: [], functionFields: [], parameters: null, stored: [] }
  expect(readClass(Map)).toEqual(nothing)
  expect(readClass(function Old(this: unknown) {})).toEqual(nothing)
})

const SOURCE =
  'class A { #a = 1; done = async () => {}; constructor(readonly client: object) {} get() { return this.#a } }'

test.each(['es2022', 'es2021'])('what esbuild writes for %s', (target) => {
  const { code } = transformSync(SOURCE, { loader: 'ts', target })
  const found = readClass(evaluate(`${code}; A`))
  expect(found).toEqual({
    privateFields: ['a'],
    functionFields: ['done'],
    parameters: ['client'],
    stored: [['client', 'client']],
  })
})

test.each([ts.ScriptTarget.ES2022, ts.ScriptTarget.ES2021])('what TypeScript writes for target %s', (target) => {
  const code = ts.transpileModule(SOURCE, { compilerOptions: { target } }).outputText
  const found = readClass(evaluate(`${code}; A`))
  expect(found).toEqual({
    privateFields: ['a'],
    functionFields: ['done'],
    parameters: ['client'],
    stored: [['client', 'client']],
  })
})
