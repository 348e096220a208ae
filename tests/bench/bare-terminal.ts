/** What a terminal in a browser is compared with: node-pty and ws, nothing between, nothing kept. A process of its own. */
import { spawn } from '@lydell/node-pty'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.stdout.write(`port ${address.port}\n`)
})
server.on('connection', socket => {
  const pty = spawn('/bin/bash', ['--norc', '--noprofile'], {
    name: 'xterm',
    cols: 120,
    rows: 40,
    cwd: '/tmp',
    env: { PATH: process.env['PATH'] ?? '', PS1: '$ ', HISTFILE: '' },
    encoding: null,
  })
  // With encoding null the terminal hands out buffers, whatever its type says.
  pty.onData((data: string | Uint8Array) => socket.send(data, { binary: true }))
  socket.on('message', data => pty.write(data.toString()))
  socket.on('close', () => pty.kill())
})
