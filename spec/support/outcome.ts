/** The outcome of a call: its value, or its error. */
export const outcome = (call: { future: Promise<unknown> } | undefined): Promise<unknown> =>
  (call as { future: Promise<unknown> }).future.catch((error: unknown) => error)
