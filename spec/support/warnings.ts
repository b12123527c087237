export interface RecordedWarning {
  readonly message: string
  readonly type: string | undefined
  readonly detail: string | undefined
}

/**
 * Records the process warnings from now to the end of the test, instead of printing them.
 *
 * @param imports whether to record warnings about slow imports: on a busy machine any import may be slow
 */
export function warnings({ imports = false } = {}): RecordedWarning[] {
  const heard: RecordedWarning[] = []
  // The `process` object in Jest is a copy that gets no 'warning' events.
  jest
    .spyOn(process, 'emitWarning')
    .mockImplementation((message: string | Error, options?: NodeJS.EmitWarningOptions) => {
      if (!imports && /^The import of \S+ in a worker/.test(String(message))) return
      heard.push({ message: String(message), type: options?.type, detail: options?.detail })
    })
  return heard
}

afterEach(() => jest.restoreAllMocks())
