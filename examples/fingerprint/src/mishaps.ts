import { exit } from 'node:process'
import { process, thread } from 'pebble-ts'

/** What must not happen, and does. */
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
