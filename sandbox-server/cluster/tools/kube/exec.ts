/** A command in a container, over a WebSocket (v5.channel.k8s.io), for its output. */
import { WebSocket } from 'ws'
import { isRecord, type KubeClient } from './client.ts'

export interface ExecTarget {
  namespace: string
  pod: string
  container: string
}

const STDOUT = 1
const STDERR = 2
const STATUS = 3

/** Resolves with what the command printed. Rejects with the server's words, or with the command's stderr when it failed. */
export function execForOutput(
  client: KubeClient,
  target: ExecTarget,
  command: readonly string[],
): Promise<string> {
  const query = new URLSearchParams([
    ...command.map((word): [string, string] => ['command', word]),
    ['container', target.container],
    ['stdout', 'true'],
    ['stderr', 'true'],
  ])
  const path = `/api/v1/namespaces/${target.namespace}/pods/${target.pod}/exec?${query}`
  const socket = openSocket(client, path, 'v5.channel.k8s.io')
  const chunks: Buffer[] = []
  let problems = ''
  let failure: string | undefined
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const body = data.subarray(1)
      if (data[0] === STDOUT) chunks.push(body)
      else if (data[0] === STDERR) problems += body.toString()
      else if (data[0] === STATUS) failure = failureOf(body.toString())
    })
    refused(socket, reject)
    socket.once('close', () => {
      if (failure === undefined) resolve(Buffer.concat(chunks).toString())
      else reject(new Error(problems.trim().replace(/^Error: /, '') || failure))
    })
  })
}

/** A WebSocket to the API server; messages arrive as Buffers. */
export function openSocket(client: KubeClient, path: string, protocol: string): WebSocket {
  const url = client.access.server.replace(/^http/, 'ws') + path
  const { rejectUnauthorized, ...keys } = client.tls()
  const socket = new WebSocket(url, [protocol], {
    ...keys,
    rejectUnauthorized,
    headers: client.headers(),
    perMessageDeflate: false,
  })
  socket.binaryType = 'nodebuffer'
  return socket
}

/** Rejects with what the server answered instead of upgrading. */
export function refused(socket: WebSocket, reject: (error: Error) => void): void {
  socket.once('error', reject)
  socket.once('unexpected-response', (_, response) => {
    let text = ''
    response.on('data', chunk => {
      text += chunk
    })
    response.once('end', () => {
      socket.terminate()
      reject(new Error(messageOf(text) ?? `the server answered ${response.statusCode}`))
    })
  })
}

const messageOf = (text: string): string | undefined => {
  try {
    const status: unknown = JSON.parse(text)
    return isRecord(status) && typeof status['message'] === 'string' ? status['message'] : undefined
  } catch {
    return text.trim() || undefined
  }
}

/** undefined when the status says success. */
function failureOf(text: string): string | undefined {
  const status: unknown = JSON.parse(text)
  if (!isRecord(status) || status['status'] === 'Success') return undefined
  return typeof status['message'] === 'string' ? status['message'] : 'the command failed'
}
