/** port-forward over numbered WebSocket channels: two a port (data, error), each opened by the port's number. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ResourceExchange } from '../http/exchange.ts'
import type { ApiHandler } from '../http/handler.ts'
import { podOf, unreachableKubelet } from '../http/pod-subresources.ts'
import { objectOf, textOf } from '../json.ts'
import { badRequest } from '../status.ts'
import { binary, sendFrom } from './flow.ts'

/** Connects to a port of the pod; errors are worded for people. */
export type Dial = (port: number) => Promise<Duplex>

/** The way into a pod's ports; throws a StatusError when there is no such pod or no kubelet. */
export function dialOf(handler: ApiHandler, target: ResourceExchange): Dial {
  const pod = podOf(handler.registry, target)
  const { kubelet } = handler.options
  if (!kubelet) throw unreachableKubelet(textOf(objectOf(pod.spec).nodeName))
  return port => kubelet.portForward(pod, port)
}

/** Checks a request; the answer forwards once the connection is upgraded. */
export function forwardPorts(handler: ApiHandler, target: ResourceExchange): (webSocket: WebSocket) => void {
  const dial = dialOf(handler, target)
  const ports = target.exchange.info.query
    .getAll('ports')
    .flatMap(text => text.split(','))
    .map(Number)
  if (ports.length === 0 || ports.some(port => !Number.isInteger(port) || port < 1 || port > 65535)) {
    throw badRequest('query parameter "ports" is required')
  }
  return webSocket => {
    const connections = ports.map((port, index) => open(webSocket, dial, port, index))
    webSocket.on('message', data => {
      const message = binary(data)
      const channel = message[0] ?? 0
      if (channel % 2 === 0) connections[channel / 2]?.write(message.subarray(1))
    })
    const close = (): void => {
      for (const connection of connections) connection.close()
    }
    webSocket.on('close', close)
    webSocket.on('error', close)
  }
}

interface Connection {
  write(data: Buffer): void
  close(): void
}

function open(webSocket: WebSocket, dial: Dial, port: number, index: number): Connection {
  const announce = (channel: number): void => {
    const number = Buffer.alloc(3)
    number[0] = channel
    number.writeUInt16LE(port, 1)
    webSocket.send(number)
  }
  announce(index * 2)
  announce(index * 2 + 1)
  let stream: Duplex | undefined
  let closed = false
  const early: Buffer[] = []
  const report = (error: unknown): void => {
    if (closed) return
    const message = error instanceof Error ? error.message : String(error)
    webSocket.send(Buffer.concat([Buffer.from([index * 2 + 1]), Buffer.from(message)]))
  }
  dial(port).then(connected => {
    if (closed) return connected.destroy()
    stream = connected
    connected.on('error', report)
    for (const data of early) connected.write(data)
    sendFrom(webSocket, index * 2, connected).then(() => webSocket.close(), report)
  }, report)
  return {
    write: data => void (stream ? stream.write(data) : early.push(data)),
    close: () => {
      closed = true
      stream?.destroy()
    },
  }
}
