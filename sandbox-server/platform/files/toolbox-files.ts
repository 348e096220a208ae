/** The learner's files, worked on by commands in the toolbox. Nothing is kept here: the pod has the truth. */
import { createHash } from 'node:crypto'
import type { FileFailure } from '../../protocol/files.ts'
import { LARGEST_FILE_BYTES } from '../../protocol/home-path.ts'
import type { CommandResult } from '../kube-client/exec.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import { TOOLBOX } from '../provisioning/toolbox.ts'
import { exits, READ, REMOVE, RENAME, WRITE } from './file-scripts.ts'

/** Something a learner can be told about a file. */
export class FileError extends Error {
  override name = 'FileError'
  readonly failure: FileFailure
  constructor(failure: FileFailure, detail = '') {
    super(detail)
    this.failure = failure
  }
}

export type FileContent = { text: string; hash: string } | { sizeBytes: number }
export type Written = { hash: string } | { conflict: { hash: string; text?: string } }

/** In base64, with room for line ends. */
const OUTPUT_BYTES = LARGEST_FILE_BYTES * 2

export class ToolboxFiles {
  readonly #cluster: ClusterSession

  constructor(cluster: ClusterSession) {
    this.#cluster = cluster
  }

  /** A size alone when it is no text. Throws FileError. */
  async read(path: string): Promise<FileContent> {
    const { stdout } = await this.#run(READ, [path])
    const bytes = Buffer.from(stdout, 'base64')
    const text = textOf(bytes)
    return text === undefined ? { sizeBytes: bytes.length } : { text, hash: hashOf(bytes) }
  }

  /** `expected`: protocol/files.ts. Throws FileError. */
  async write(path: string, text: string, expected: string): Promise<Written> {
    const bytes = Buffer.from(text)
    if (bytes.length > LARGEST_FILE_BYTES) throw new FileError('too-big', String(bytes.length))
    const { exitCode, stdout } = await this.#run(WRITE, [path, String(bytes.length), expected], bytes, [
      exits.changed,
    ])
    if (exitCode === 0) return { hash: stdout }
    return { conflict: { hash: stdout, ...(stdout === '' ? {} : await this.#textFor(path)) } }
  }

  /** Throws FileError. */
  async rename(path: string, to: string): Promise<void> {
    await this.#run(RENAME, [path, to])
  }

  /** A folder with all that is in it. Throws FileError. */
  async remove(path: string): Promise<void> {
    await this.#run(REMOVE, [path])
  }

  async #textFor(path: string): Promise<{ text?: string }> {
    try {
      const content = await this.read(path)
      return 'text' in content ? { text: content.text } : {}
    } catch (error) {
      // It grew, or went away again: then its content cannot be offered.
      if (error instanceof FileError) return {}
      throw error
    }
  }

  async #run(
    script: string,
    words: readonly string[],
    stdin?: Buffer,
    expectedExits: readonly number[] = [],
  ): Promise<CommandResult> {
    const result = await runInToolbox(this.#cluster, script, words, stdin)
    if (result.exitCode === 0 || expectedExits.includes(result.exitCode)) return result
    throw new FileError(
      failures.get(result.exitCode) ?? 'failed',
      (result.stderr.trim() || result.stdout.trim()).slice(0, 300),
    )
  }
}

const failures = new Map<number, FileFailure>([
  [exits.outside, 'outside'],
  [exits.gone, 'gone'],
  [exits.folder, 'folder'],
  [exits.tooBig, 'too-big'],
  [exits.exists, 'exists'],
])

/** Runs one of file-scripts.ts. Rejects with KubeError. */
export async function runInToolbox(
  cluster: ClusterSession,
  script: string,
  words: readonly string[],
  stdin?: Buffer,
): Promise<CommandResult> {
  await cluster.enterable()
  const { client, namespace, signal } = cluster
  const command = ['bash', '-c', script, 'files', ...words]
  const target = { namespace, pod: TOOLBOX, container: TOOLBOX, command }
  return client.run(target, { signal, limitBytes: OUTPUT_BYTES, ...(stdin ? { stdin } : {}) })
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Undefined when the bytes are no text. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // Not UTF-8.
  }
}
