/** One HTTP request to a port of a pod through the API server (v4.channel.k8s.io: channel 0 the data, 1 the error). */

import { request } from 'node:http'
import { Duplex } from 'node:stream'
import type { KubeClient } from './client.ts'
import { openSocket, refused } from './exec.ts'

export interface PodPort {
  namespace: string
  pod: string
  port: number
}

/** The body of the answer to a GET. Rejects when the port is closed or the answer is not a success. */
export function getFromPod(client: KubeClient, target: PodPort, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = forward(client, target, reject)
    const outgoing = request({
      path,
      headers: { host: `localhost:${target.port}`, connection: 'close' },
      createConnection: () => stream,
    })
    outgoing.once('error', reject)
    outgoing.once('response', response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.once('end', () => {
        stream.destroy()
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${path} of pod ${target.pod} answered ${response.statusCode}: ${text.trim()}`))
      })
    })
    outgoing.end()
  })
}

/** The connection as a stream; each channel begins with the port's number, which is no data. */
function forward(
  client: KubeClient,
  { namespace, pod, port }: PodPort,
  reject: (error: Error) => void,
): Duplex {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`
  const socket = openSocket(client, path, 'v4.channel.k8s.io')
  refused(socket, reject)
  const seen = new Set<number>()
  const opened = new Promise<void>(resolve => socket.once('open', resolve))
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      void opened.then(() => socket.send(Buffer.concat([Buffer.from([0]), chunk]), error => done(error)))
    },
    destroy(error, done) {
      socket.terminate()
      done(error)
    },
  })
  socket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0
    const body = data.subarray(1)
    if (!seen.has(channel)) {
      seen.add(channel)
      if (body.length <= 2) return
      stream.push(body.subarray(2))
    } else if (channel === 0) stream.push(body)
    else reject(new Error(`port forward of ${port}: ${body.toString()}`))
  })
  socket.once('close', () => stream.push(null))
  return stream
}
