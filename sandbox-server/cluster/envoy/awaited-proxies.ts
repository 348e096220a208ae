/** Who waits for Envoy to listen for a proxy. One look at the kernel's list of sockets serves everybody who waits. */
import type { Clock, Disposable } from '../lifecycle.ts'
import { listeningSockets } from './listening.ts'
import { gatewayPorts } from './multiplex/listeners.ts'
import type { ProxyShare } from './multiplex/proxy.ts'

/** Whoever still waited for a proxy when the cluster was stopped gets this. */
export class EnvoyStoppedError extends Error {
  override readonly name = 'EnvoyStoppedError'
  constructor() {
    super('the proxy was stopped before it was ready')
  }
}

interface Waiting {
  id: string
  signal: AbortSignal
  resolve(): void
  reject(error: EnvoyStoppedError): void
}

const POLL_MS = 5

export class AwaitedProxies implements Disposable {
  readonly #clock: Clock
  /** The proxy, once Envoy has taken its configuration. */
  readonly #configured: (id: string) => ProxyShare | undefined
  readonly #waiting = new Set<Waiting>()
  #timer: Disposable | undefined
  #isDisposed = false

  constructor(clock: Clock, configured: (id: string) => ProxyShare | undefined) {
    this.#clock = clock
    this.#configured = configured
  }

  /** Resolves when Envoy listens for the proxy; rejects with EnvoyStoppedError once aborted or disposed. */
  listening(id: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ id, signal, resolve, reject })
      this.#timer ??= this.#clock.after(0, () => this.#look())
    })
  }

  #look(): void {
    this.#timer = undefined
    let sockets: Set<string> | undefined
    for (const one of this.#waiting) {
      const proxy = this.#configured(one.id)
      if (proxy) sockets ??= listeningSockets()
      const listens = proxy && wantedSockets(proxy).every(socket => sockets?.has(socket))
      if (!listens && !this.#isDisposed && !one.signal.aborted) continue
      this.#waiting.delete(one)
      if (listens) one.resolve()
      else one.reject(new EnvoyStoppedError())
    }
    if (this.#waiting.size > 0) this.#timer = this.#clock.after(POLL_MS, () => this.#look())
  }

  dispose(): void {
    this.#isDisposed = true
    this.#timer?.dispose()
    this.#look()
  }
}

function wantedSockets(proxy: ProxyShare): string[] {
  if (proxy.kind === 'router') return gatewayPorts(proxy).map(port => `${proxy.podIp}:${port}`)
  return [`0.0.0.0:${proxy.ports.inbound}`, `0.0.0.0:${proxy.ports.outbound}`]
}
