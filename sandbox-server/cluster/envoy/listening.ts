/** Whether something listens on a TCP port of this network namespace, asked of the kernel rather than of Envoy. */
import { readFileSync } from 'node:fs'

const LISTEN_STATE = '0A'

/** The listening sockets as `ADDRESS:PORT`, IPv4. */
export function listeningSockets(): Set<string> {
  const found = new Set<string>()
  for (const line of readFileSync('/proc/self/net/tcp', 'latin1').split('\n')) {
    const [, local = '', , state] = line.trim().split(/\s+/)
    if (state === LISTEN_STATE) found.add(readable(local))
  }
  return found
}

/** The kernel prints the address as one number in the machine's byte order, which is little-endian on all we run on. */
function readable(hex: string): string {
  const [address = '', port = ''] = hex.split(':')
  const bytes = Buffer.from(address, 'hex').reverse()
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`
}
