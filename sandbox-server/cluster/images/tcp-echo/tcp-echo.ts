/** Istio's tcp-echo sample: each line comes back with the version's word before it (`one`, `two`), on several ports. */
import { createServer, type Server, type Socket } from 'node:net'
import type { AppContext, AppImage } from '../image.ts'

const MAX_LINE_BYTES = 1 << 16

function serve(context: AppContext, port: number, prefix: string, open: Set<Socket>): Promise<Server> {
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', error => context.stdout(`failed to read data, err: ${error.message}`))
    let pending = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      pending += chunk
      const lines = pending.split('\n')
      pending = (lines.pop() ?? '').slice(-MAX_LINE_BYTES)
      for (const line of lines) {
        context.stdout(`request: ${line}`)
        context.stdout(`response: ${prefix} ${line}`)
        socket.write(`${prefix} ${line}\n`)
      }
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, context.podIp, () => {
      context.stdout(`listening on [::]:${port}, prefix: ${prefix}`)
      resolve(server)
    })
  })
}

export const tcpEcho: AppImage = {
  kind: 'app',
  names: ['istio/tcp-echo-server'],
  async start(context) {
    const [portList = '', prefix = ''] = context.args ?? []
    const ports = portList.split(',').map(Number)
    if (prefix === '' || ports.some(port => !Number.isInteger(port) || port <= 0))
      throw new Error('usage: tcp-echo <ports> <prefix>, e.g. tcp-echo 9000,9001 one')
    const open = new Set<Socket>()
    const servers = await Promise.all(ports.map(port => serve(context, port, prefix, open)))
    return {
      ports,
      async stop() {
        for (const socket of open) socket.destroy()
        await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
      },
    }
  },
}
