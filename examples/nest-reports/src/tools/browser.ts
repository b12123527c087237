/** Finds the Chromium of the machine. The package playwright-core brings none. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of Chromium: `CHROMIUM` from the environment, or a usual one. */
export const chromiumPath = [process.env['CHROMIUM'] ?? '', ...PATHS].find((path) => existsSync(path))

export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('There is no Chromium. Install it, or set CHROMIUM to its path.')
  // Chromium refuses to run as root in its sandbox. The page is our own.
  return chromium.launch({ executablePath: chromiumPath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}
