import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { ISTIO_VERSION } from '../istiod/version.ts'

const TOOL = join(import.meta.dirname, 'pilot-agent')
let directory: string
let server: Server
const asked: string[] = []

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pilot-'))
  asked.length = 0
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url === '/stats?filter=a%7Cb') response.end('cluster.a: 1\ncluster.b: 2\n')
    else if (request.url === '/fails') response.writeHead(500).end('broken')
    else response.writeHead(404).end('invalid path.')
  })
  await new Promise<void>(resolve => server.listen(join(directory, 'admin.sock'), resolve))
})
afterEach(() => {
  server.close()
  rmSync(directory, { recursive: true })
})

function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(TOOL, args, {
    env: { ...process.env, MESHDOJO_ADMIN_SOCKET: join(directory, 'admin.sock') },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  return new Promise(resolve => child.on('close', status => resolve({ status, stdout, stderr })))
}

test("prints the answer with one more newline, as the real one's Println does", async () => {
  expect(await run('request', 'GET', 'stats?filter=a%7Cb')).toEqual({
    status: 0,
    stdout: 'cluster.a: 1\ncluster.b: 2\n\n',
    stderr: '',
  })
  expect(asked).toEqual(['GET /stats?filter=a%7Cb'])
})

test('takes a path with a leading slash', async () => {
  expect((await run('request', 'POST', '/drain_listeners')).status).toBe(0)
  expect(asked).toEqual(['POST /drain_listeners'])
})

test('prints the body of a 404 and succeeds', async () => {
  expect(await run('request', 'GET', 'nowhere')).toEqual({ status: 0, stdout: 'invalid path.\n', stderr: '' })
})

test('fails with the status of any other refusal', async () => {
  const { status, stderr } = await run('request', 'GET', 'fails')
  expect({ status, stderr }).toEqual({
    status: 255,
    stderr: 'Error: received unsuccessful status code 500: broken\n',
  })
})

test('says how many arguments are missing', async () => {
  expect((await run('request', 'GET')).stderr).toMatch(
    /^Error: requires at least 2 arg\(s\), only received 1\n/,
  )
})

test('refuses an unknown command', async () => {
  expect(await run('frobnicate')).toMatchObject({
    status: 255,
    stderr: expect.stringContaining('Error: unknown command "frobnicate" for pilot-agent'),
  })
})

test('is of the version that the cluster presents', async () => {
  expect((await run('version', '--short')).stdout).toBe(`${ISTIO_VERSION}\n`)
})
