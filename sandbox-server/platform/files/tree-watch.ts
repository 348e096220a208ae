/** The tree of the learner's files, told when it changes: one command in the toolbox for as long as somebody looks. */
import type { FileEntry, FilesServerMessage } from '../../protocol/files.ts'
import { MOST_ENTRIES } from '../../protocol/home-path.ts'
import type { ShellConnection } from '../kube-client/exec.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import { type Clock, type Disposable, pause } from '../lifecycle.ts'
import { TOOLBOX } from '../provisioning/toolbox.ts'
import { WATCH } from './file-scripts.ts'

export type Tree = Omit<Extract<FilesServerMessage, { type: 'tree' }>, 'type'>

export interface TreeWatchOptions {
  cluster: ClusterSession
  clock: Clock
  onTree(tree: Tree): void
}

export interface TreeWatch extends Disposable {
  /** Looks at once: something may have changed. */
  look(): void
}

const RETRY_MS = 1_000

/** Starts anew when the toolbox was restarted; ends with the cluster. */
export function watchTree({ cluster, clock, onTree }: TreeWatchOptions): TreeWatch {
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, cluster.signal])
  let running: ShellConnection | undefined
  signal.addEventListener('abort', () => running?.close())

  async function run(): Promise<void> {
    const { client, namespace } = cluster
    await cluster.enterable()
    if (signal.aborted) return
    const command = ['bash', '-c', WATCH, 'files']
    const texts = splitAtNul(text => onTree(parseTree(text)))
    running = await client.pipe({ namespace, pod: TOOLBOX, container: TOOLBOX, command }, texts)
    if (signal.aborted) running.close()
    await running.ended
  }
  const keepRunning = async () => {
    while (!signal.aborted) {
      // A toolbox that is just being made cannot be entered; what else is wrong, its terminal says.
      await run().catch(() => undefined)
      await pause(clock, RETRY_MS, signal)
    }
  }
  void keepRunning()
  return {
    look: () => running?.write(Buffer.from('\n')),
    dispose: () => ended.abort(),
  }
}

/** Whole texts out of the pieces in which they arrive. */
export function splitAtNul(onText: (text: string) => void): (data: Buffer) => void {
  let pieces: Buffer[] = []
  return data => {
    let rest = data
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      onText(Buffer.concat([...pieces, rest.subarray(0, end)]).toString('utf8'))
      pieces = []
      rest = rest.subarray(end + 1)
    }
    if (rest.length > 0) pieces.push(Buffer.from(rest))
  }
}

/** Lines of `type|size|changed|path`, as find or stat print them. */
export function parseTree(text: string): Tree {
  const entries = text.split('\n').flatMap((line): FileEntry[] => {
    const [, type = '', size = '', changed = '', path = ''] =
      /^([^|]*)\|(\d+)\|([^|]*)\|(?:\.\/)?(.+)$/.exec(line) ?? []
    const kind = kindOf(type)
    return kind && path !== '' ? [{ path, kind, sizeBytes: Number(size), stamp: `${changed}/${size}` }] : []
  })
  return { entries: entries.slice(0, MOST_ENTRIES), cut: entries.length > MOST_ENTRIES }
}

/** find says `f` and `d`, stat `regular file`, `regular empty file` and `directory`. */
function kindOf(type: string): FileEntry['kind'] | undefined {
  if (type === 'd' || type === 'directory') return 'folder'
  return type === 'f' || type.startsWith('regular') ? 'file' : undefined
}
