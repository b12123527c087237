/** Makes a report of the sample: node make-report.js <url>. A process of its own, because an upload keeps its event loop busy. */
import { SAMPLE_ROWS } from '../reports/sample'
import { outcomeOf, sampleText, upload } from './client'

async function main(url: string): Promise<void> {
  const { id } = await upload(url, sampleText(SAMPLE_ROWS))
  const { state, failure } = await outcomeOf(url, id)
  if (state !== 'done') throw new Error(`The report failed: ${failure?.message}`)
}

void main(process.argv[2] ?? '')
