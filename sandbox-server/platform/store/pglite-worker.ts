/**
 * PGlite in a thread of its own: making a database takes seconds of computing, in which the server must serve pages.
 * It answers PostgreSQL's wire protocol, so that both databases are spoken to by one driver.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { z } from 'zod'

const { directory, makeOnly } = z
  .object({ directory: z.string(), makeOnly: z.boolean().default(false) })
  .parse(workerData)
const port = parentPort
if (!port) throw new TypeError('this file runs as a worker')

// Relaxed durability would answer before the data is in the file: a killed server must lose nothing it acknowledged.
const database = new PGlite(directory, { relaxedDurability: false })
await database.waitReady
if (makeOnly) {
  await database.close()
  process.exit(0)
}

// One session, one message after the other.
let turn: Promise<void> = Promise.resolve()
let isClosed = false
port.on('message', (message: unknown) => {
  turn = turn.then(() => answer(message))
})
port.postMessage('ready')

async function answer(message: unknown): Promise<void> {
  // A query may have been sent before its sender heard of the end; its connection is destroyed with the thread.
  if (isClosed) return
  if (message === 'close') {
    isClosed = true
    await database.close()
    port?.postMessage('closed')
    port?.close()
    return
  }
  if (!(message instanceof Uint8Array)) throw new TypeError('only wire protocol and `close` are understood')
  port?.postMessage(await database.execProtocolRaw(message))
}
