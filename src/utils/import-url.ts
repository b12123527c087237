/**
 * Imports an ES module. Code that comes from V8's code cache has no `import()`, so this is in the file that loads it
 * (`compiled.ts`).
 */
export const importUrl = (url: string): Promise<unknown> => import(/* webpackIgnore: true */ url)
