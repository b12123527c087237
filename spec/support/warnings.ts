export interface Heard {
  readonly message: string
  readonly type: string | undefined
  readonly detail: string | undefined
}

/**
 * The process warnings from now to the end of the test, as they come; they are not printed.
 *
 * @param imports those about slow imports, too: on a busy machine any import is slow
 */
export function warnings({ imports = false } = {}): Heard[] {
  const heard: Heard[] = []
  // Jest's `process` is a copy that hears no 'warning' events.
  jest
    .spyOn(process, 'emitWarning')
    .mockImplementation((message: string | Error, options?: NodeJS.EmitWarningOptions) => {
      if (!imports && /^The import of \S+ in a worker/.test(String(message))) return
      heard.push({ message: String(message), type: options?.type, detail: options?.detail })
    })
  return heard
}

afterEach(() => jest.restoreAllMocks())
