/**
 * A shell that stays and starts programs for this process. Starting one from Node copies the page tables of a large
 * process, which costs more than `nft` itself; a small shell's are copied in no time. One program after the other.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Disposable } from '../lifecycle.ts'
import { ProgramError, type RunProgram, runProgram } from './program.ts'

export interface StandingShell extends Disposable {
  run: RunProgram
}

interface Job {
  title: string
  resolve(): void
  reject(error: ProgramError): void
}

/** Ends here-documents and marks the shell's answers; no line of `ip` or `nft` looks like it. */
const MARK = '--end-of-this-program--'
const ANSWER = new RegExp(`^([^]*?)${MARK} (\\d+)\\n`)
const PROGRAM_NOT_FOUND = 127

/** Starts the shell. When it is gone, programs are started by this process itself. */
export function startStandingShell(): StandingShell {
  const child = spawn('/bin/sh', ['-s'], { stdio: ['pipe', 'pipe', 'ignore'] })
  return new Shell(child)
}

class Shell implements StandingShell {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #jobs: Job[] = []
  #said = ''
  #isGone = false

  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    // A shell that has ended is told by its exit.
    child.stdin.on('error', () => undefined)
    child.once('error', () => this.#gone())
    child.once('exit', () => this.#gone())
  }

  run: RunProgram = (program, args, input) => {
    if (this.#isGone) return runProgram(program, args, input)
    const words = [program, ...args]
    return new Promise((resolve, reject) => {
      this.#jobs.push({ title: words.join(' '), resolve, reject })
      const document = input === '' || input.endsWith('\n') ? input : `${input}\n`
      this.#child.stdin.write(
        `${words.map(quoted).join(' ')} 2>&1 >/dev/null <<'${MARK}'\n${document}${MARK}\necho "${MARK} $?"\n`,
      )
    })
  }

  #hear(text: string): void {
    this.#said += text
    for (let answer = ANSWER.exec(this.#said); answer; answer = ANSWER.exec(this.#said)) {
      const [whole, complaint = '', status = ''] = answer
      this.#said = this.#said.slice(whole.length)
      const job = this.#jobs.shift()
      if (Number(status) === 0) job?.resolve()
      else job?.reject(failure(job.title, Number(status), complaint.trim()))
    }
  }

  #gone(): void {
    this.#isGone = true
    for (const job of this.#jobs.splice(0))
      job.reject(new ProgramError(`${job.title} was interrupted: the shell that runs it has ended`))
  }

  dispose(): void {
    this.#isGone = true
    this.#child.stdin.end()
  }
}

function failure(title: string, status: number, complaint: string): ProgramError {
  if (status !== PROGRAM_NOT_FOUND) return new ProgramError(`${title} ended with ${status}: ${complaint}`)
  const hint = 'install the packages iproute2 and nftables (`npx meshdojo doctor` tells)'
  return new ProgramError(`cannot run ${title}: ${complaint}; ${hint}`)
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
