import { joinNodeOptions, parseOptions, splitNodeOptions, withValue } from '../../src/utils/node-options'

describe('options of Node.js', () => {
  test('have the next word, or the text after `=`, as their value', () => {
    expect(parseOptions(['--import', 'x', '--prof_process', '--title=a=b', '-r', './y', '-e', '1 + 1'])).toEqual([
      { name: '--import', value: 'x', words: ['--import', 'x'] },
      { name: '--prof-process', value: undefined, words: ['--prof_process'] },
      { name: '--title', value: 'a=b', words: ['--title=a=b'] },
      { name: '-r', value: './y', words: ['-r', './y'] },
      { name: '-e', value: '1 + 1', words: ['-e', '1 + 1'] },
    ])
  })

  test('keep their spelling when their value changes', () => {
    const words = parseOptions(['--import', 'x', '--import=y']).map((option) => withValue(option, 'z').words)
    expect(words).toEqual([['--import', 'z'], ['--import=z']])
  })

  test.each([
    ['--a  --b=1', ['--a', '--b=1']],
    ['--require "./my file.js"', ['--require', './my file.js']],
    ['--require="./my file.js" --c', ['--require=./my file.js', '--c']],
    ['"--title=a \\"b\\" \\\\"', ['--title=a "b" \\']],
    ['--path=C:\\temp', ['--path=C:\\temp']],
    ['', []],
  ])('are split and joined in NODE_OPTIONS: %s', (text, words) => {
    expect(splitNodeOptions(text)).toEqual(words)
    expect(splitNodeOptions(joinNodeOptions(words))).toEqual(words)
  })
})
