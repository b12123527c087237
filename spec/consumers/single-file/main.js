/** Plain JavaScript has no decorators: function wrappers, in a script without a guard. */
import { process as inProcess, thread } from 'pebble-ts'

const hash = thread((text) => [...text].reduce((sum, char) => sum + char.charCodeAt(0), base()))
const pid = inProcess(async () => process.pid, { timeout: 20_000 })
const base = () => 1

const [sum, other] = await Promise.all([hash('a'), pid()])
console.log(JSON.stringify({ sum, other: other !== process.pid }))
