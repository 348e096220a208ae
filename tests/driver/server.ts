/** `meshdojo serve` as its own process, with a data folder that can outlive it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withDeadline } from './learner.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export interface TestServer {
  url: string
  pid: number
  dataDirectory: string
  /** What it said so far. */
  output(): string
  kill(signal: NodeJS.Signals): Promise<void>
}

export const temporaryData = (): string => mkdtempSync(join(tmpdir(), 'meshdojo-data-'))
export const removeData = (directory: string): void => rmSync(directory, { recursive: true, force: true })

/** Resolves when pages are served. `port` 0 takes a free one. */
export async function startServer(dataDirectory: string, port = 0): Promise<TestServer> {
  const args = ['serve', `--port=${port}`, `--data=${dataDirectory}`]
  const child: ChildProcess = spawn(join(ROOT, 'bin', 'meshdojo'), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const ready = new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said += chunk
      const url = /is ready: {2}(\S+)/.exec(said)?.[1]
      if (url) resolve(url)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`the server ended with ${code}: ${said}`)))
  })
  const url = await withDeadline(ready, () => `the server is ready; it said: ${said}`)
  return {
    url,
    pid: child.pid ?? 0,
    dataDirectory,
    output: () => said,
    async kill(signal) {
      child.kill(signal)
      await withDeadline(ended, () => `the server ends after ${signal}`)
    },
  }
}
