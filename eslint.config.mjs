import tseslint from 'typescript-eslint'

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate']

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', 'coverage', '**/.programs-*', 'mutation/.sandbox'] },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.spec.json', './spec/legacy/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { house: { rules: { 'any-needs-reason': anyNeedsReason() } } },
    rules: {
      'no-unused-vars': 'off',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-else-return': 'error',
      'house/any-needs-reason': 'error',
      '@typescript-eslint/no-explicit-any': 'off', // the rule above is the house's form of it
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unsafe-function-type': 'off', // what decorators and registries hold is any function
      '@typescript-eslint/unbound-method': 'off', // `callbacks(this, this.method)` is the library's own idiom
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off', // a body may throw anything, and it is passed on
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['src/**'],
    rules: {
      'max-lines': ['error', 300],
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      'no-console': 'error',
      'no-restricted-globals': ['error', ...timers.map((name) => ({ name, message: 'Import it from node:timers.' }))],
      'no-restricted-imports': ['error', ...bareBuiltins()],
    },
  },
  {
    files: ['spec/**', 'examples/**'],
    rules: {
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-require-imports': 'off',
      'house/any-needs-reason': 'off',
    },
  },
  {
    // JavaScript, and the programs that stand outside of the two tsconfigs
    files: ['**/*.js', '**/*.mjs', '**/*.cjs', '{bench,chaos,examples,spec/consumers}/**/*.{ts,cts}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-require-imports': 'off', '@typescript-eslint/consistent-type-imports': 'off' },
  },
)

/** `any` is allowed where a comment on its line says why. */
function anyNeedsReason() {
  return {
    meta: { type: 'suggestion', messages: { reason: 'Say on this line why it has to be `any`.' } },
    create: ({ report, sourceCode }) => {
      const lines = new Set(sourceCode.getAllComments().map((comment) => comment.loc.start.line))
      return {
        TSAnyKeyword: (node) => {
          if (!lines.has(node.loc.start.line)) report({ node, messageId: 'reason' })
        },
      }
    },
  }
}

function bareBuiltins() {
  return [
    'fs',
    'path',
    'url',
    'util',
    'module',
    'events',
    'timers',
    'worker_threads',
    'child_process',
    'os',
    'vm',
    'v8',
  ].map((name) => ({ name, message: `Import it as node:${name}.` }))
}
