/**
 * nc as busybox has it: when the input ends the peer is told, and its last words are still printed. The netcats of other
 * systems keep the connection open instead, so `(date; sleep 1) | nc HOST PORT` would never end in a container whose
 * image is made with busybox.
 */
import { spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { connect, createServer, isIP, type Socket } from 'node:net'
import { type NcOptions, NcUsageError, parseNcOptions } from './options.ts'

const say = (text: string): void => void process.stderr.write(text)

/** Resolves with the exit status. */
async function nc(argv: readonly string[]): Promise<number> {
  const options = parseNcOptions(argv)
  return options.listen ? listen(options) : connectTo(options, options.host ?? '', options.port ?? 0)
}

async function connectTo(options: NcOptions, host: string, port: number): Promise<number> {
  const address = await addressOf(host, options.numeric)
  const { waitMs, verbosity, localPort, localAddress } = options
  const socket = connect({ host: address, port, localPort, localAddress, allowHalfOpen: true })
  const where = `${host} (${address}:${port})`
  try {
    await connected(socket, waitMs)
  } catch (error) {
    const { code = '', reason } = problemOf(error)
    if (verbosity > 1 || (verbosity === 1 && code !== 'ECONNREFUSED')) say(`nc: ${where}: ${reason}\n`)
    return 1
  }
  if (verbosity > 0) say(`${where} open\n`)
  if (options.zero) socket.destroy()
  else await relay(socket, options)
  return 0
}

function listen(options: NcOptions): Promise<number> {
  const { localPort, localAddress, verbosity, persistent, program } = options
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, socket => {
      if (!persistent) server.close()
      if (verbosity > 0)
        say(`connect to ${socket.localAddress}:${socket.localPort} from ${socket.remoteAddress}\n`)
      relay(socket, options).then(() => persistent || resolve(0), reject)
    })
    if (!persistent || !program) server.maxConnections = 1
    server.on('error', error => reject(new NcUsageError(`nc: bind: ${problemOf(error).reason}\n`)))
    server.listen({ port: localPort ?? 0, host: localAddress }, () => {
      const address = server.address()
      if (verbosity > 0 && address && typeof address === 'object')
        say(`listening on ${address.address}:${address.port} ...\n`)
    })
  })
}

async function addressOf(host: string, numeric: boolean): Promise<string> {
  if (isIP(host)) return host
  const unknown = new NcUsageError(`nc: bad address '${host}'\n`)
  if (numeric) throw unknown
  return lookup(host).then(
    ({ address }) => address,
    () => Promise.reject(unknown),
  )
}

function connected(socket: Socket, waitMs: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject).setTimeout(0)
      resolve()
    })
    if (waitMs !== undefined)
      socket.setTimeout(waitMs, () =>
        socket.destroy(Object.assign(new Error('ETIMEDOUT'), { code: 'ETIMEDOUT' })),
      )
  })
}

/** Until input and connection have both ended, the connection breaks, or nothing more is heard for `waitMs`. */
function relay(socket: Socket, { program, waitMs }: NcOptions): Promise<void> {
  const [command = '', ...args] = program ?? []
  const child = program && spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child?.on('error', error => {
    say(`nc: can't execute '${command}': ${problemOf(error).reason}\n`)
    socket.destroy()
  })
  const input = child?.stdout ?? process.stdin
  const output = child?.stdin ?? process.stdout
  // What the peer no longer takes is dropped; that it is gone shows in 'close'.
  for (const stream of [socket, output]) stream.on('error', () => socket.destroy())
  return new Promise(resolve => {
    socket.once('close', () => resolve())
    socket.pipe(output, { end: child !== undefined })
    input.pipe(socket)
    if (waitMs !== undefined) input.once('end', () => socket.setTimeout(waitMs, () => socket.destroy()))
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ETIMEDOUT: 'Operation timed out',
  EHOSTUNREACH: 'Host is unreachable',
  ENETUNREACH: 'Network unreachable',
  EADDRINUSE: 'Address in use',
  EADDRNOTAVAIL: 'Address not available',
  EACCES: 'Permission denied',
  ENOENT: 'No such file or directory',
}

/** A system's error in musl's words. */
function problemOf(error: unknown): { code: string | undefined; reason: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return { code, reason: REASONS[code ?? ''] ?? String(error) }
}

nc(process.argv.slice(2)).then(
  status => process.exit(status),
  error => {
    if (!(error instanceof NcUsageError)) throw error
    say(error.message)
    process.exit(1)
  },
)
