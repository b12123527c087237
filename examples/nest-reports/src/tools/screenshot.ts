/** Makes docs/images/nest-reports.png: a finished report, and one that runs. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { launchBrowser } from './browser'
import { startServer } from './server'

const TARGET = join(__dirname, '../../../../docs/images/nest-reports.png')
const WITHIN = { timeout: 60_000 }

async function main(): Promise<void> {
  await using server = await startServer()
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 920, height: 1000 }, colorScheme: 'light' })
    await page.goto(server.url)
    await page.click('#sample')
    await page.waitForSelector('#start:enabled', WITHIN)
    await page.click('#start')
    await page.waitForSelector('.report[data-state=done]', WITHIN)
    await page.click('#start')
    await page.waitForFunction(() => document.querySelector('progress')!.value >= 30, undefined, WITHIN)
    await mkdir(dirname(TARGET), { recursive: true })
    await page.screenshot({ path: TARGET })
    console.log(TARGET)
  } finally {
    await browser.close()
  }
}

void main()
