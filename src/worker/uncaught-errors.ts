/** Hands over every error that would end the worker: exceptions outside promises, and rejections nobody handles. */
export function onUncaughtError(receive: (error: unknown) => void): void {
  process.on('uncaughtException', receive)
  process.on('unhandledRejection', receive)
}
