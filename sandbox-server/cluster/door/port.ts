/** A loopback port of the host that leads to the API server inside, so that clients have an ordinary kubeconfig. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Disposable } from '../lifecycle.ts'

export interface Port extends Disposable {
  number: number
}

export function openPort(socketPath: string): Promise<Port> {
  const open = new Set<Socket>()
  const server = createServer(outside => {
    const inside = connect(socketPath)
    for (const [socket, peer] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      open.add(socket)
      // A broken connection is the client's business; here it only ends its other half.
      socket.on('error', () => peer.destroy())
      socket.on('close', () => {
        open.delete(socket)
        peer.destroy()
      })
      socket.pipe(peer)
    }
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () =>
      resolve({
        number: (server.address() as AddressInfo).port,
        dispose() {
          server.close()
          for (const socket of open) socket.destroy()
        },
      }),
    )
  })
}
