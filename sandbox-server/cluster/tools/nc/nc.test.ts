import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MAIN = join(import.meta.dirname, 'main.ts')
let server: Server
let port: string

/** Gives back what it hears; says good-bye only once its peer has. */
function converse(socket: Socket): void {
  socket.on('data', data => socket.write(`one ${data}`))
  socket.on('end', () => socket.end('bye\n'))
  socket.on('error', () => socket.destroy())
}

const portOf = (of: Server): string => String((of.address() as AddressInfo).port)

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, converse).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = portOf(server)
})
afterEach(() => {
  server.close()
})

const start = (...args: string[]): ChildProcessWithoutNullStreams => spawn(process.execPath, [MAIN, ...args])

async function ended(child: ChildProcessWithoutNullStreams) {
  const [stdout, stderr] = [child.stdout, child.stderr].map(async stream => {
    let text = ''
    for await (const chunk of stream) text += chunk
    return text
  })
  const [status] = await once(child, 'close')
  return { status, stdout: await stdout, stderr: await stderr }
}

async function freedPort(): Promise<string> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const freed = portOf(other)
  other.close()
  await once(other, 'close')
  return freed
}

it('tells the peer that its input has ended, prints the last words and ends', async () => {
  const child = start('localhost', port)
  child.stdin.end('hello\n')
  expect(await ended(child)).toEqual({ status: 0, stdout: 'one hello\nbye\n', stderr: '' })
})

it('keeps a refused connection to itself unless asked twice', async () => {
  const refused = await freedPort()
  expect(await ended(start('-v', '127.0.0.1', refused))).toEqual({ status: 1, stdout: '', stderr: '' })
  expect(await ended(start('-vv', '127.0.0.1', refused))).toMatchObject({
    status: 1,
    stderr: `nc: 127.0.0.1 (127.0.0.1:${refused}): Connection refused\n`,
  })
})

it('only connects with -z, and does not wait for its input', async () => {
  const child = start('-zv', '-w', '5', '127.0.0.1', port)
  expect(await ended(child)).toEqual({
    status: 0,
    stdout: '',
    stderr: `127.0.0.1 (127.0.0.1:${port}) open\n`,
  })
})

it('gives up a silent peer after -w once its input has ended', async () => {
  const silent = createServer({ allowHalfOpen: true }, socket => socket.resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const child = start('-w', '1', '127.0.0.1', portOf(silent))
  child.stdin.end('hello\n')
  expect(await ended(child)).toEqual({ status: 0, stdout: '', stderr: '' })
  silent.close()
})

it('listens for one connection, and lets a program answer it', async () => {
  const child = start('-v', '-l', '-p', await freedPort(), '-s', '127.0.0.1', '-e', 'cat')
  const [line] = await once(child.stderr, 'data')
  const [, listening = ''] = /^listening on 127\.0\.0\.1:(\d+) \.\.\.\n$/.exec(String(line)) ?? []
  const socket = connect(Number(listening), '127.0.0.1')
  socket.end('through cat')
  let heard = ''
  for await (const chunk of socket) heard += chunk
  expect(heard).toBe('through cat')
  expect((await ended(child)).status).toBe(0)
})

it('answers one connection after another with -lk', async () => {
  const child = start('-v', '-lk', '-p', await freedPort(), '-s', '127.0.0.1', '-e', 'cat')
  const [line] = await once(child.stderr, 'data')
  const listening = Number(/:(\d+) /.exec(String(line))?.[1])
  for (const words of ['first', 'second']) {
    const socket = connect(listening, '127.0.0.1')
    socket.end(words)
    let heard = ''
    for await (const chunk of socket) heard += chunk
    expect(heard).toBe(words)
  }
  child.kill()
})

it.each([
  [['-n', 'no.such.name', '80'], "nc: bad address 'no.such.name'\n"],
  [['127.0.0.1', 'eighty'], "nc: bad port 'eighty'\n"],
])('refuses %j', async (args, stderr) => {
  expect(await ended(start(...args))).toEqual({ status: 1, stdout: '', stderr })
})

it.each([
  [['-x', 'a', '1'], /^nc: unrecognized option: x\nUsage: nc /],
  [['a'], /^Usage: nc /],
])('explains itself when called with %j', async (args, stderr) => {
  const seen = await ended(start(...args))
  expect(seen.status).toBe(1)
  expect(seen.stderr).toMatch(stderr)
})
