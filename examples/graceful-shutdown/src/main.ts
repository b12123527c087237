import { Server } from './server'

async function main(): Promise<void> {
  const [port = '0', answerAfter = '2000'] = process.argv.slice(2)
  const server = new Server(Number(answerAfter))
  const address = `http://127.0.0.1:${await server.listen(Number(port))}`
  console.log(`${address}, process ${process.pid}`)
}

void main()
