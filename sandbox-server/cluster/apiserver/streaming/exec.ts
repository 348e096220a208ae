/** exec and attach: streams of a command over numbered WebSocket channels (v4 and v5.channel.k8s.io). */
import type { WebSocket } from 'ws'
import type { ExecSession, ExitStatus } from '../../kubelet/contract.ts'
import type { ResourceExchange } from '../http/exchange.ts'
import type { ApiHandler } from '../http/handler.ts'
import { containerOf, podOf, unreachableKubelet } from '../http/pod-subresources.ts'
import { isObject, objectOf, textOf } from '../json.ts'
import { badRequest, StatusError } from '../status.ts'
import { binary, sendFrom } from './flow.ts'

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const RESIZE = 4
const CLOSE = 255
const NORMAL_CLOSURE = 1000

/** Checks a request for a command; the answer runs it once the connection is upgraded. */
export function runCommand(
  handler: ApiHandler,
  target: ResourceExchange,
  _protocol: string,
): (webSocket: WebSocket) => void {
  const { exchange } = target
  const { query, subresource } = exchange.info
  const pod = podOf(handler.registry, target)
  const container = containerOf(pod, query.get('container') ?? '')
  const command = query.getAll('command')
  if (subresource === 'exec' && command.length === 0)
    throw badRequest('you must specify at least 1 command for the container')
  const flag = (name: string): boolean => query.get(name) === 'true' || query.get(name) === '1'
  const options = { container, tty: flag('tty'), stdin: flag('stdin') }
  const { kubelet } = handler.options
  if (!kubelet) throw unreachableKubelet(textOf(objectOf(pod.spec).nodeName))
  return webSocket => {
    const early: Buffer[] = []
    const keep = (data: unknown): void => void early.push(binary(data))
    webSocket.on('message', keep)
    const starting =
      subresource === 'exec' ? kubelet.exec(pod, { ...options, command }) : kubelet.attach(pod, options)
    starting.then(
      session => {
        webSocket.off('message', keep)
        connect(webSocket, session, early)
      },
      error => finish(webSocket, failure(error)),
    )
  }
}

function connect(webSocket: WebSocket, session: ExecSession, early: readonly Buffer[]): void {
  const receive = (message: Buffer): void => {
    const data = message.subarray(1)
    switch (message[0]) {
      case STDIN:
        if (data.length > 0) session.stdin?.write(data)
        break
      case RESIZE:
        resize(session, data)
        break
      case CLOSE:
        if (data[0] === STDIN) session.stdin?.end()
        break
    }
  }
  session.stdin?.on('error', () => {
    // The command may end while its input still comes; what it leaves unread is nobody's.
  })
  for (const message of early) receive(message)
  webSocket.on('message', data => receive(binary(data)))
  webSocket.on('close', () => session.kill())
  webSocket.on('error', () => session.kill())
  const outputs = [sendFrom(webSocket, STDOUT, session.stdout)]
  if (session.stderr) outputs.push(sendFrom(webSocket, STDERR, session.stderr))
  session.exited.then(
    async status => {
      await Promise.all(outputs)
      finish(webSocket, outcome(status))
    },
    error => finish(webSocket, failure(error)),
  )
}

function resize(session: ExecSession, data: Buffer): void {
  let size: unknown
  try {
    size = JSON.parse(data.toString())
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return
  }
  if (isObject(size)) session.resize(Number(size.Width ?? 0), Number(size.Height ?? 0))
}

function outcome({ exitCode }: ExitStatus): unknown {
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}

function failure(error: unknown): unknown {
  if (error instanceof StatusError) return error.status
  const message = error instanceof Error ? error.message : String(error)
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`).status
}

function finish(webSocket: WebSocket, status: unknown): void {
  if (webSocket.readyState !== webSocket.OPEN) return
  webSocket.send(Buffer.concat([Buffer.from([ERROR]), Buffer.from(JSON.stringify(status))]))
  webSocket.close(NORMAL_CLOSURE)
}
