/** kubectl, which stands beside this program; its hints name oc. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

const BESIDE = join(__dirname, '..', 'bin', 'kubectl')

/** On the same terminal; resolves with its exit status. */
export function runKubectl(argv: readonly string[]): Promise<number> {
  const program = existsSync(BESIDE) ? BESIDE : 'kubectl'
  const child = spawn(program, [...argv], {
    stdio: ['inherit', 'inherit', process.stderr.isTTY ? 'inherit' : 'pipe'],
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text.replaceAll("'kubectl ", "'oc "))
  })
  // Ctrl-C is the command's to deal with.
  process.on('SIGINT', () => undefined)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
    )
  })
}
