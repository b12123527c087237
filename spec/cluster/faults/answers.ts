/** A way to an engine on which answers are lost: the engine has carried out a request, and the connection is cut instead. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Requests of BullMQ that pick up a job: by themselves, or with the end of the last one. */
export const PICK_UP = { redis: /lockDuration(?![^]*fetchNext)/, postgres: /move_to_active/ }
export const END = { redis: /fetchNext/, postgres: /move_to_completed_fetch/ }

const opened = new Set<LosingAnswers>()

export async function endLosingAnswers(): Promise<void> {
  for (const each of opened) await each.end()
  opened.clear()
}

export class LosingAnswers {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #of: RegExp | undefined
  #left = 0
  #after: number | undefined
  /** How many answers were lost. */
  lost = 0

  private constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#server = createServer((client) => this.#pass(client, connect(Number(port), hostname)))
    opened.add(this)
  }

  /** @param url of the engine. Resolves to the way to it, and the URL of the way. */
  static async open(url: string): Promise<[LosingAnswers, url: string]> {
    const way = new LosingAnswers(url)
    await new Promise<void>((resolve) => way.#server.listen(0, '127.0.0.1', resolve))
    const own = new URL(url)
    own.port = String((way.#server.address() as AddressInfo).port)
    return [way, own.href]
  }

  /** Loses the answers to the next requests whose bytes match. */
  lose(of: RegExp, times: number): void {
    this.#of = of
    this.#left = times
    this.#after = undefined
  }

  /** Holds the answer to the next request whose bytes match back for a while, in ms. */
  hold(of: RegExp, after: number): void {
    this.lose(of, 1)
    this.#after = after
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pass(client: Socket, engine: Socket): void {
    let isLosing = false
    const close = (): void => {
      for (const socket of [client, engine]) this.#sockets.delete(socket.destroy())
    }
    for (const socket of [client, engine])
      this.#sockets.add(socket.setNoDelay(true).on('error', close).on('close', close))
    client.on('data', (chunk) => {
      if (this.#left > 0 && this.#of?.test(chunk.toString('latin1'))) {
        this.#left -= 1
        isLosing = true
      }
      engine.write(chunk)
    })
    engine.on('data', (chunk) => {
      if (!isLosing) client.write(chunk)
      else {
        isLosing = false
        this.lost += 1
        if (this.#after === undefined) close()
        else this.#hold(client, engine, chunk)
      }
    })
  }

  /** What comes after the answer does not overtake it. */
  #hold(client: Socket, engine: Socket, chunk: Buffer): void {
    engine.pause()
    setTimeout(() => {
      client.write(chunk)
      engine.resume()
    }, this.#after)
  }
}
