/** `target` and `useDefineForClassFields` as TypeScript understands them; Node parses no decorators, so ES2022 is the most. */
export function targetOf(options: Record<string, unknown>): { target: string; useDefineForClassFields: boolean } {
  const target = options['target']
  const written = typeof target === 'string' ? target.toUpperCase() : 'ES5'
  const year = written === 'ESNEXT' ? 9999 : Number(/^ES(\d{4})$/.exec(written)?.[1] ?? (written === 'ES6' ? 2015 : 5))
  const define = options['useDefineForClassFields']
  return {
    target: year < 2017 || year > 2022 ? 'ES2022' : written,
    useDefineForClassFields: typeof define === 'boolean' ? define : year >= 2022,
  }
}
