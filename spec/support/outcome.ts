/** What a call has come to: its value, or its error. */
export const outcome = (call: { future: Promise<unknown> } | undefined): Promise<unknown> =>
  (call as { future: Promise<unknown> }).future.catch((error: unknown) => error)
