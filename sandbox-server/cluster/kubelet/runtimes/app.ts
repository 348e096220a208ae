/** Runs an application image inside this process, bound to its pod's address. */
import net from 'node:net'
import type { AppContext, AppImage } from '../../images/image.ts'
import type { PodResolver } from '../options.ts'
import type { Exit, RunningContainer } from './running.ts'

export interface AppStart {
  context: Omit<AppContext, 'connect'>
  tag: string
  dns: PodResolver
  /** Tells the network which ports lead to this application; resolves when that is in force. */
  listensOn(ports: readonly number[]): Promise<void>
}

/** Rejects with what the application says when it cannot start. */
export async function startApp(image: AppImage, start: AppStart): Promise<RunningContainer> {
  const sockets = new Set<net.Socket>()
  const context: AppContext = {
    ...start.context,
    connect(host, port) {
      const socket = connectFromPod(start, host, port)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
  }
  const app = await image.start(context, start.tag)
  try {
    await start.listensOn(app.ports)
  } catch (error) {
    await app.stop()
    throw error
  }
  let finish: (exit: Exit) => void = () => undefined
  const exited = new Promise<Exit>(resolve => {
    finish = resolve
  })
  const stop = (exitCode: number) => {
    void app
      .stop()
      .then(() => start.listensOn([]))
      .catch((error: unknown) => start.context.stderr(String(error)))
      .finally(() => {
        for (const socket of sockets) socket.destroy()
        finish({ exitCode })
      })
  }
  return { exited, terminate: () => stop(0), kill: () => stop(137), isShared: true }
}

/** A connection with the pod's address as its source, so that the pod's redirection applies to it. */
function connectFromPod({ context, dns }: AppStart, host: string, port: number): net.Socket {
  const { podIp, namespace } = context
  return net.connect({
    host: host === 'localhost' || host === '127.0.0.1' ? podIp : host,
    port,
    localAddress: podIp,
    family: 4,
    autoSelectFamily: false,
    lookup(name, _options, callback) {
      Promise.resolve(dns.resolve(name, namespace)).then(
        ([address]) => (address ? callback(null, address, 4) : callback(notFound(name), '', 4)),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 4),
      )
    },
  })
}

function notFound(name: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`getaddrinfo ENOTFOUND ${name}`)
  error.code = 'ENOTFOUND'
  error.syscall = 'getaddrinfo'
  return error
}
