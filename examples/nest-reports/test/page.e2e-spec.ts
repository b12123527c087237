/** The page in headless Chromium, against the built application. */
import type { Browser, Page } from 'playwright-core'
import { chromiumPath, launchBrowser } from '../src/tools/browser'
import { holdDatabase } from './hold-database'
import { type Server, startServer } from '../src/tools/server'

const SAMPLE = 'Make a sample of 200,000 rows'

if (chromiumPath === undefined)
  console.warn('The tests of the page are left out: there is no Chromium. Install it, or set CHROMIUM to its path.')
const describePage = chromiumPath === undefined ? describe.skip : describe

describePage('the page', () => {
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    problems.length = 0
    page = await browser.newPage()
    page.on('pageerror', (error) => problems.push(error.message))
    page.setDefaultTimeout(50_000)
  })
  afterEach(async () => {
    await page.close()
    expect(problems).toEqual([])
  })

  const card = () => page.getByRole('article', { name: /\.csv$/ }).first()
  const alert = () => card().getByRole('alert')

  async function startSample(): Promise<void> {
    await page.getByRole('button', { name: SAMPLE }).click()
    await page.getByText('9.17 MB').waitFor()
    await page.getByRole('button', { name: 'Start the report' }).click()
  }

  describe('of a server', () => {
    let server: Server
    beforeAll(async () => {
      server = await startServer()
    })
    afterAll(() => server?.[Symbol.asyncDispose]())
    beforeEach(async () => {
      await page.goto(server.url)
    })

    test('uploads the sample, shows the progress, and then the result', async () => {
      const bar = page.getByRole('progressbar', { name: 'Progress of sample.csv' })
      {
        using _held = holdDatabase(server.folder)
        await startSample()
        await page.getByText(/^Computing, 50 %, in process \d+$/).waitFor()
        expect(await bar.evaluate((element: HTMLProgressElement) => element.value)).toBe(50)
      }
      await page.getByText(/^Done, in process \d+\.$/).waitFor()
      expect(await card().locator('dd').allTextContents()).toEqual(['200,000', '250', '12', '17,212,669.87'])
      expect(await card().getByRole('row').count()).toBe(1 + 8)
      expect(await card().getByRole('row').nth(1).getByRole('cell').allTextContents()).toEqual([
        ...['Graz Café 115', '2025-03', '79', '10,186.09', '46.05', '386.24', '775.40'],
      ])
      expect([await bar.isVisible(), await alert().isVisible()]).toEqual([false, false])
    })

    test('uploads a picked file, and shows what is wrong with it', async () => {
      expect(await page.getByRole('button', { name: 'Start the report' }).isDisabled()).toBe(true)
      const text = 'date,customer,product,quantity,price\n2025-01-01,<b>,Assam,x,1\n'
      await page
        .getByLabel(/^CSV file/)
        .setInputFiles({ name: 'may.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
      await page.getByRole('button', { name: 'Start the report' }).click()
      await alert().waitFor()
      expect(await alert().textContent()).toBe('Line 2: expected a quantity such as 3, got “x”.')
    })

    test('cancels a report', async () => {
      using _held = holdDatabase(server.folder)
      await startSample()
      await page.locator('.report[data-state=running]').waitFor()
      await page.getByRole('button', { name: 'Cancel the report of sample.csv' }).click()
      await alert().waitFor()
      expect(await alert().textContent()).toBe('The report was cancelled.')
      expect(await page.getByRole('button', { name: /^Cancel/ }).isVisible()).toBe(false)
    })

    test('shows that the worker has crashed', async () => {
      using _held = holdDatabase(server.folder)
      await startSample()
      await page.locator('.report[data-state=running]').waitFor()
      process.kill(Number(await card().getAttribute('data-pid')), 'SIGKILL')
      await alert().waitFor()
      expect(await alert().textContent()).toBe('The worker process crashed. It was killed by SIGKILL.')
    })

    test('shows that the server answers', async () => {
      await page.getByText(/^Server: ok, answered in \d+ ms\.$/).waitFor()
    })
  })

  test('shows that the limit has stopped a report', async () => {
    await using server = await startServer({ REPORT_LIMIT: '100' })
    await page.goto(server.url)
    await startSample()
    await alert().waitFor()
    expect(await alert().textContent()).toBe('The report was stopped because it took longer than 0.1 s, its limit.')
  })
})
