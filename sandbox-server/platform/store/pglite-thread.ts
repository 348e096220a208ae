/** Starts PGlite's thread and hands out the connection to it. */
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'

export interface PgliteThread {
  /** The one connection there can be, as a stream of PostgreSQL's wire protocol. */
  connect(): Duplex
  close(): Promise<void>
}

/** `directory` is made when it is not there. Rejects when the database cannot be opened. */
export async function startPglite(directory: string): Promise<PgliteThread> {
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    workerData: { directory },
    // What node was started with (a script on the command line, a debugger) is not for this thread.
    execArgv: [],
  })
  await ready(worker)
  let connection: WireConnection | undefined
  worker.on('message', (message: unknown) => {
    if (message instanceof Uint8Array && message.length > 0) connection?.push(Buffer.from(message))
  })
  worker.on('error', error => connection?.destroy(error))
  worker.on('exit', () => connection?.destroy())
  return {
    connect() {
      const made = new WireConnection(message => worker.postMessage(message))
      connection = made
      return made
    },
    async close() {
      const ended = once(worker, 'exit')
      worker.postMessage('close')
      await ended
    },
  }
}

/** PostgreSQL's message that ends a session; PGlite's session ends with its thread. */
const TERMINATE = 'X'.charCodeAt(0)

/** As much of a socket as the driver asks of one. */
class WireConnection extends Duplex {
  readonly #send: (message: Uint8Array) => void

  constructor(send: (message: Uint8Array) => void) {
    super()
    this.#send = send
  }

  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open'
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // Copied: the chunk may be a view of a larger pool.
    if (chunk[0] !== TERMINATE) this.#send(new Uint8Array(chunk))
    done()
  }

  override _final(done: () => void): void {
    done()
    this.destroy()
  }
}

/** A failing thread says `error`, one that cannot even start only `exit`. */
function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (code: number) => reject(new Error(`the database's thread ended with ${code}`))
    worker.once('message', () => {
      worker.off('error', reject)
      worker.off('exit', gone)
      resolve()
    })
    worker.once('error', reject)
    worker.once('exit', gone)
  })
}
