import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { mapByHand } from './map-by-hand.mjs'

const body = fileURLToPath(new URL('../workers/raw.mjs', import.meta.url))

/**
 * The floor: a message in each direction and a promise, without a queue, limits or errors. With `batched`, the calls
 * of one turn of the event loop share a message, which has at most `deepest` calls.
 */
export function open({ runtime, workers, serialization = 'advanced', batched = false, deepest = 64 }) {
  const peers = Array.from({ length: workers }, () =>
    runtime === 'threads' ? threadPeer() : processPeer(serialization),
  )
  const settlers = new Map()
  let lastId = 0
  let gathered = []

  const settle = ({ id, value }) => {
    const resolve = settlers.get(id)
    settlers.delete(id)
    resolve(value)
  }
  for (const peer of peers) {
    peer.listen((message) => {
      peer.messages--
      if (batched) message.forEach(settle)
      else settle(message)
    })
  }

  const send = (call) => {
    if (!batched) return post(call)
    if (gathered.push(call) === 1) queueMicrotask(flush)
  }
  const flush = () => {
    const calls = gathered
    gathered = []
    for (let at = 0; at < calls.length; at += deepest) post(calls.slice(at, at + deepest))
  }
  // Selects the least busy worker, and the first of equals. So single calls stay with one worker, whose caches are warm.
  const post = (message) => {
    const peer = peers.reduce((a, b) => (b.messages < a.messages ? b : a))
    peer.messages++
    peer.send(message)
  }

  const run = (body, value) =>
    new Promise((resolve) => {
      settlers.set(++lastId, resolve)
      send({ id: lastId, body, value })
    })
  return {
    call: (a, b) =>
      new Promise((resolve) => {
        settlers.set(++lastId, resolve)
        send({ id: lastId, a, b })
      }),
    run,
    mapEach: mapByHand(run, workers),
    close: () => Promise.all(peers.map((peer) => peer.end())),
  }
}

function threadPeer() {
  const worker = new Worker(body)
  return {
    messages: 0,
    listen: (fn) => worker.on('message', fn),
    send: (message) => worker.postMessage(message),
    end: () => worker.terminate(),
  }
}

function processPeer(serialization) {
  const child = fork(body, { serialization })
  return {
    messages: 0,
    listen: (fn) => child.on('message', fn),
    send: (message) => child.send(message),
    end: () => child.kill(),
  }
}
