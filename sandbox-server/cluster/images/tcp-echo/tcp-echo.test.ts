import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { AppContext } from '../image.ts'
import { tcpEcho } from './tcp-echo.ts'

const lines: string[] = []
const context = (args: string[]): AppContext => ({
  podName: 'tcp-echo-v1',
  podIp: '127.91.0.1',
  namespace: 'default',
  env: {},
  args,
  readFile: () => undefined,
  stdout: line => lines.push(line),
  stderr: line => lines.push(line),
  connect: () => connect(1),
  now: () => 0,
  random: () => 0,
})

test('answers each line with its word before it, however the line arrives', async () => {
  const app = await tcpEcho.start(context(['9000,9001', 'one']), '1.3')
  expect(app.ports).toEqual([9000, 9001])
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(9001, '127.91.0.1', () => {
      socket.write('hel')
      socket.write('lo\nworld\n')
    })
    let text = ''
    socket.on('error', reject)
    socket.on('data', chunk => {
      text += chunk
      if (text.split('\n').length > 2) {
        socket.destroy()
        resolve(text)
      }
    })
  })
  expect(answer).toBe('one hello\none world\n')
  expect(lines).toContain('response: one hello')
  await app.stop()
})

test('says how it is used when its arguments are wrong', async () => {
  await expect(tcpEcho.start(context(['nine', 'one']), '1.3')).rejects.toThrow('usage: tcp-echo')
})
