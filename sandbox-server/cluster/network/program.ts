/**
 * Runs the network's programs (`ip`, `nft`). Every start costs milliseconds of a cluster's second, so callers batch:
 * one program, many lines on its stdin.
 */
import { type ChildProcess, spawn } from 'node:child_process'

/** A program of the machine that failed or is missing; the message carries its own words. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}

/** Runs one program to its end with `input` on stdin. Rejects with ProgramError unless it exits 0. */
export type RunProgram = (program: string, args: readonly string[], input: string) => Promise<void>

/** The real thing: a child process. */
export const runProgram: RunProgram = (program, args, input) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    const ended = outcomeOf(child, [program, ...args].join(' '))
    ended.then(resolve, reject)
    child.stdin?.end(input)
  })

/** Resolves when `child` exits 0, rejects with what it wrote to stderr otherwise. */
export function outcomeOf(child: ChildProcess, title: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    // A program that ends before it has read everything says so by its exit status.
    child.stdin?.on('error', () => undefined)
    child.on('error', cause => {
      const hint = 'install the packages iproute2 and nftables (`npx meshdojo doctor` tells)'
      reject(new ProgramError(`cannot run ${title}: ${cause.message}; ${hint}`))
    })
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new ProgramError(`${title} ended with ${signal ?? code}: ${stderr.trim()}`))
    })
  })
}
