import { exit } from 'node:process'
import { process, thread } from 'pebble-ts'

/** Bodies that hang or crash. */
export class Mishaps {
  @thread({ timeout: 1_000 })
  async hangsInThread(): Promise<void> {
    for (;;);
  }

  @process({ timeout: 1_000 })
  async hangsInProcess(): Promise<void> {
    for (;;);
  }

  @process
  async crashes(): Promise<void> {
    exit(7)
  }
}
