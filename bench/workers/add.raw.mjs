// The floor: no library at all. A message is one call, or an array of calls.
import { parentPort } from 'node:worker_threads'

const answer = ({ id, a, b }) => ({ id, value: a + b })
const reply = parentPort ? (message) => parentPort.postMessage(message) : (message) => process.send(message)
const receive = (message) => reply(Array.isArray(message) ? message.map(answer) : answer(message))

if (parentPort) parentPort.on('message', receive)
else process.on('message', receive)
