/** A connection to a port of a pod, over the channel WebSocket of `pods/portforward`. */
import { Duplex } from 'node:stream'
import { KubeError } from './kube-error.ts'
import { pathOf, pods } from './objects.ts'
import type { Transport } from './transport.ts'

export interface PortForwardTarget {
  namespace: string
  pod: string
  port: number
}

const DATA = 0
const ERROR = 1
/** Each channel begins with the port's number, two bytes. */
const PORT_BYTES = 2
/** What may wait to be sent before the writer has to. */
const HIGH_WATER_BYTES = 256 * 1024

/** Rejects with KubeError when the pod cannot be reached; later trouble is the stream's error. */
export async function openPortForward(transport: Transport, target: PortForwardTarget): Promise<Duplex> {
  const path = `${pathOf(pods, target.namespace, target.pod)}/portforward?ports=${target.port}`
  const begun = new Set<number>()
  let complaint = ''
  const stream = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (socket.readyState !== socket.OPEN) return done(new KubeError(0, 'Lost', lost(target)))
      socket.send(Buffer.concat([Buffer.from([DATA]), chunk]), done)
    },
    final: done => {
      // HTTP says where a request ends; there is no half-closing over this channel.
      done()
    },
    destroy: (error, done) => {
      socket.terminate()
      done(error)
    },
    writableHighWaterMark: HIGH_WATER_BYTES,
  })
  const early: [number, Buffer][] = []
  let hear = (channel: number, data: Buffer): void => void early.push([channel, data])
  const socket = await transport.channels(path, (channel, data) => hear(channel, data))
  hear = (channel, data) => {
    const payload = begun.has(channel) ? data : data.subarray(PORT_BYTES)
    begun.add(channel)
    if (payload.length === 0) return
    if (channel === DATA && !stream.push(Buffer.from(payload))) socket.pause()
    if (channel === ERROR) {
      complaint += payload.toString('utf8')
      stream.destroy(new KubeError(0, 'Refused', complaint))
    }
  }
  for (const [channel, data] of early) hear(channel, data)
  socket.on('close', () => {
    if (!stream.readableEnded) stream.push(null)
    if (!stream.writableEnded) stream.end()
  })
  socket.on('error', error => stream.destroy(new KubeError(0, 'Lost', `${lost(target)}: ${error.message}`)))
  return stream
}

const lost = ({ pod, port }: PortForwardTarget): string => `the connection to port ${port} of ${pod} was lost`
