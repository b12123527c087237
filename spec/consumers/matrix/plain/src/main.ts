import { isWorker } from 'pebble-ts'
import { facts } from './facts.js'

async function main(): Promise<void> {
  console.log(JSON.stringify(await facts()))
}

if (!isWorker()) void main()
