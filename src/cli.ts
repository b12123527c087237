/** The command `pebble-ts`. `cli/main.ts` lists what it can do. */
import { runCli } from './cli/main'

void runCli(process.argv).then((exitCode) => {
  process.exitCode = exitCode
})
