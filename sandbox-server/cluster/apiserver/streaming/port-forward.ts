/**
 * Connections into a pod over a WebSocket, protocol v4.channel.k8s.io: for the n-th port asked for, channel 2n carries
 * bytes and 2n+1 errors; both begin with the port's number (little endian).
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { KubeletApi } from '../../kubelet/contract.ts'
import type { ApiObject } from '../api.ts'
import { badRequest } from '../status.ts'

export const PORT_FORWARD_PROTOCOLS = ['v4.channel.k8s.io'] as const

export function preparePortForward(
  kubelet: KubeletApi,
  pod: ApiObject,
  query: URLSearchParams,
): (socket: WebSocket) => void {
  const ports = query
    .getAll('ports')
    .flatMap(list => list.split(','))
    .map(Number)
  if (ports.length === 0) throw badRequest('you must specify at least 1 port')
  if (ports.some(port => !Number.isInteger(port) || port < 1 || port > 65535))
    throw badRequest('unable to parse ports: each must be a number from 1 to 65535')
  return socket => forward(kubelet, pod, ports, socket)
}

function forward(kubelet: KubeletApi, pod: ApiObject, ports: readonly number[], socket: WebSocket): void {
  const connections = ports.map((port, index) => connect(kubelet, pod, port, index, socket))
  socket.on('message', (data: Buffer, isBinary) => {
    const channel = data[0]
    if (!isBinary || channel === undefined || channel % 2 === 1) return
    void connections[channel / 2]?.then(connection => connection?.write(data.subarray(1)))
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    for (const connection of connections) void connection.then(open => open?.destroy())
  })
}

/** undefined when there was no connection; the client then reads why on the error channel. */
async function connect(
  kubelet: KubeletApi,
  pod: ApiObject,
  port: number,
  index: number,
  socket: WebSocket,
): Promise<Duplex | undefined> {
  const send = (channel: number, payload: Uint8Array) => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), payload]))
  }
  const portBytes = Buffer.from([port & 0xff, port >> 8])
  send(2 * index, portBytes)
  send(2 * index + 1, portBytes)
  try {
    const connection = await kubelet.portForward(pod, port)
    connection.on('data', (chunk: Buffer) => send(2 * index, chunk))
    connection.on('error', error => send(2 * index + 1, Buffer.from(error.message)))
    connection.on('close', () => socket.close(1000))
    return connection
  } catch (error) {
    send(2 * index + 1, Buffer.from(error instanceof Error ? error.message : String(error)))
    return undefined
  }
}
