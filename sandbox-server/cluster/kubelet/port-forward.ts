/** port-forward: a connection to a port of a pod, as from its own localhost, past its sidecar. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import net from 'node:net'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { internal } from '../apiserver/status.ts'
import { INBOUND_PASSTHROUGH_IP } from '../network/contract.ts'
import type { PodWorker } from './pod-worker.ts'
import { programPath } from './sandbox/programs.ts'

/** Rejects with StatusError in containerd's words when nobody listens. */
export async function connectInto(worker: PodWorker, port: number): Promise<Duplex> {
  try {
    return await connect(worker.podIp, port)
  } catch (error) {
    // A program may listen on its localhost alone.
    const namespace = worker.madeNamespace
    if (namespace) return connectInside(namespace, port)
    throw refused(port, error instanceof Error ? error.message : String(error))
  }
}

function connect(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const options = { host, port, localAddress: INBOUND_PASSTHROUGH_IP, allowHalfOpen: true }
    const socket = net.connect(options, () => resolve(socket))
    socket.once('error', reject)
  })
}

const RELAY = `const s = require('net').connect(+process.argv[1], '127.0.0.1', () => {
  process.stdout.write('+'); process.stdin.pipe(s).pipe(process.stdout)
}).on('error', () => process.exit(1))`

/** Through a process in the pod's namespace, which says with its first byte that it is connected. */
function connectInside(namespace: string, port: number): Promise<Duplex> {
  const args = [`--net=${namespace}`, process.execPath, '-e', RELAY, String(port)]
  const relay = spawn(programPath('nsenter'), args, { stdio: ['pipe', 'pipe', 'ignore'] })
  relay.stdin.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    relay.once('error', reject)
    relay.once('exit', () => reject(refused(port, 'connection refused')))
    relay.stdout.once('readable', () => {
      if (relay.stdout.read(1) === null) return
      resolve(joined(relay))
    })
  })
}

/** The relay's streams as one; either side may end first. */
function joined(relay: ChildProcessByStdio<Writable, Readable, null>): Duplex {
  const stream = new Duplex({
    read: () => void relay.stdout.resume(),
    write: (chunk: Buffer, _, done) => void relay.stdin.write(chunk, () => done()),
    final: done => void relay.stdin.end(() => done()),
    destroy: (error, done) => {
      relay.kill()
      done(error)
    },
  })
  relay.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) relay.stdout.pause()
  })
  relay.stdout.once('end', () => stream.push(null))
  return stream
}

const refused = (port: number, cause: string) =>
  internal(
    `error forwarding port ${port} to pod: failed to execute portforward in network namespace: failed to connect to localhost:${port} inside namespace, IPv4: dial tcp4 127.0.0.1:${port}: ${cause}`,
  )
