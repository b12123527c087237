import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sighandler } from 'pebble-ts'

/** A server with slow answers. After SIGINT or SIGTERM, it finishes the open requests before it ends. */
export class Server {
  readonly #http: HttpServer = createServer((_request, response) => void this.#answer(response))
  readonly #answerAfter: number
  #open = 0

  /** @param answerAfter - How long an answer takes, in ms. */
  constructor(answerAfter: number) {
    this.#answerAfter = answerAfter
  }

  async listen(port: number): Promise<number> {
    this.#http.listen(port, '127.0.0.1')
    await once(this.#http, 'listening')
    return (this.#http.address() as AddressInfo).port
  }

  @sighandler(['SIGINT', 'SIGTERM'])
  async shutdown(signal: NodeJS.Signals): Promise<void> {
    console.log(`${signal}: no more requests, ${this.#open} to finish`)
    const closed = once(this.#http, 'close')
    this.#http.close() // closes idle connections and waits for the others
    await closed
    console.log('bye')
  }

  async #answer(response: ServerResponse): Promise<void> {
    this.#open += 1
    console.log('a request')
    await sleep(this.#answerAfter)
    if (!this.#http.listening) response.setHeader('Connection', 'close') // otherwise `close` waits until the client closes the connection
    response.end('done\n')
    this.#open -= 1
  }
}
