/** A minimal HTTP/1.1 load: raw sockets, one request after the other on each of several kept connections. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface LoadTarget {
  host: string
  port: number
  /** The `host` header. */
  authority: string
  /** Where connections leave from. */
  localAddress?: string
  /** Rest between an answer and the next request of its connection; none without. */
  pauseMs?: number
}

export interface LoadResult {
  requests: number
  /** Answers by status and body, e.g. `200 v1`; what went wrong otherwise. */
  answers: Record<string, number>
  elapsedMs: number
  /** Sorted. */
  latenciesMs: number[]
}

const HEADERS_END = '\r\n\r\n'

/** A server that answers every request with `body`; resolves when it listens. */
export function serveRaw(host: string, port: number, body: string): Promise<Server> {
  const answer = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const server = createServer(socket => {
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    let pending = ''
    socket.on('data', chunk => {
      pending += chunk.toString('latin1')
      for (let end = pending.indexOf(HEADERS_END); end >= 0; end = pending.indexOf(HEADERS_END)) {
        pending = pending.slice(end + HEADERS_END.length)
        socket.write(answer)
      }
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

/** Sends requests on `connections` connections until `isOver` says so; a connection that breaks is counted and made anew. */
export async function load(
  target: LoadTarget,
  connections: number,
  isOver: () => boolean,
  onAnswer: (answer: string) => void = () => undefined,
): Promise<LoadResult> {
  const answers: Record<string, number> = {}
  const latenciesMs: number[] = []
  const count = (answer: string) => {
    answers[answer] = (answers[answer] ?? 0) + 1
  }
  const beganMs = performance.now()
  const loop = async (): Promise<void> => {
    while (!isOver()) {
      const problem = await useConnection(target, isOver, (answer, latencyMs) => {
        count(answer)
        onAnswer(answer)
        latenciesMs.push(latencyMs)
      })
      if (problem !== undefined) count(problem)
    }
  }
  await Promise.all(Array.from({ length: connections }, loop))
  const elapsedMs = performance.now() - beganMs
  latenciesMs.sort((a, b) => a - b)
  return { requests: latenciesMs.length, answers, elapsedMs, latenciesMs }
}

/** Resolves when it is over, or with what broke the connection in the middle of a request. */
function useConnection(
  { host, port, authority, localAddress, pauseMs = 0 }: LoadTarget,
  isOver: () => boolean,
  onAnswer: (answer: string, latencyMs: number) => void,
): Promise<string | undefined> {
  const request = `GET / HTTP/1.1\r\nhost: ${authority}\r\n\r\n`
  return new Promise(resolve => {
    const socket: Socket = connect({ host, port, localAddress })
    let received = ''
    let sentMs = 0
    let isWaiting = false
    const send = () => {
      if (isOver()) {
        isWaiting = false
        socket.end()
        return
      }
      isWaiting = true
      sentMs = performance.now()
      socket.write(request)
    }
    socket.setNoDelay(true)
    socket.on('connect', send)
    socket.on('data', chunk => {
      received += chunk.toString('latin1')
      const answer = wholeAnswer(received)
      if (!answer) return
      received = ''
      isWaiting = false
      onAnswer(`${answer.status} ${answer.body}`, performance.now() - sentMs)
      if (answer.isLast) socket.end()
      else if (pauseMs > 0) setTimeout(send, pauseMs)
      else send()
    })
    socket.on('error', error => resolve(`error ${error.message}`))
    socket.on('close', () => resolve(isWaiting ? 'error closed without an answer' : undefined))
  })
}

function wholeAnswer(text: string): { status: string; body: string; isLast: boolean } | undefined {
  const end = text.indexOf(HEADERS_END)
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const body = text.slice(end + HEADERS_END.length)
  if (body.length < length) return undefined
  return { status: text.slice(9, 12), body, isLast: /\r\nconnection: close/i.test(head) }
}
