// The floor: no library at all. A message is one call, or an array of calls. A call without `body` adds two numbers.
import { parentPort } from 'node:worker_threads'
import * as bodies from '../dist/bodies.cjs'

const { add } = bodies
const answer = (call) => ({ id: call.id, value: call.body ? bodies[call.body](call.value) : add(call) })
const reply = parentPort ? (message) => parentPort.postMessage(message) : (message) => process.send(message)
const receive = (message) => reply(Array.isArray(message) ? message.map(answer) : answer(message))

if (parentPort) parentPort.on('message', receive)
else process.on('message', receive)
