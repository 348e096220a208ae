/** `/ws/files`: one page's view of the learner's files, and what it wants done with them. */
import { type FilesClientMessage, type FilesServerMessage, filesClientMessage } from '../../protocol/files.ts'
import type { LearnerRoutes } from '../http/learner-routes.ts'
import { KubeError } from '../kube-client/kube-error.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import type { Disposable } from '../lifecycle.ts'
import { compare } from './compare.ts'
import { registerSchemas } from './schema-routes.ts'
import { FileError, ToolboxFiles } from './toolbox-files.ts'
import { type TreeWatch, watchTree } from './tree-watch.ts'
import { tryDocuments } from './try-documents.ts'

/** The largest file, in JSON's escapes. */
const LARGEST_MESSAGE_BYTES = 1024 * 1024
/** Of a command's output, its end. */
const OUTPUT_CHARACTERS = 2_000

export const filesRoutes: LearnerRoutes = (app, deps) => {
  registerSchemas(app, deps)
  deps.socket<FilesClientMessage>({
    url: '/ws/files',
    messages: filesClientMessage,
    largestMessageBytes: LARGEST_MESSAGE_BYTES,
    open({ sandbox, send, signal }) {
      const tell = (message: FilesServerMessage) => send(message)
      let following: Disposable[] = []
      let tree: TreeWatch | undefined
      const leave = () => {
        for (const one of following.splice(0)) one.dispose()
        tree = undefined
      }
      const follow = (cluster: ClusterSession | undefined) => {
        leave()
        if (!cluster) return tell({ type: 'away' })
        const watching = watchTree({
          cluster,
          clock: deps.clock,
          onTree: found => tell({ type: 'tree', ...found }),
        })
        tree = watching
        following = [watching]
        void followCommands(cluster, record => {
          tree?.look()
          tell(record)
        }).then(
          commands => {
            if (tree === watching) following.push(commands)
            else commands.dispose()
          },
          // The cluster went away; the next one is followed when it is there.
          () => undefined,
        )
      }
      const clusters = sandbox.onCluster(follow)
      signal.addEventListener('abort', () => {
        clusters.dispose()
        leave()
      })
      return {
        async message(wish) {
          const answer = await serve(wish, await sandbox.whenCluster()).catch(
            (error: unknown): FilesServerMessage => ({ type: 'failed', id: wish.id, ...failureOf(error) }),
          )
          if (answer.type === 'written' || answer.type === 'done') tree?.look()
          tell(answer)
        },
      }
    },
  })
}

async function serve(wish: FilesClientMessage, cluster: ClusterSession): Promise<FilesServerMessage> {
  const files = new ToolboxFiles(cluster)
  const { id } = wish
  switch (wish.type) {
    case 'read': {
      const content = await files.read(wish.path)
      return 'text' in content ? { type: 'text', id, ...content } : { type: 'binary', id, ...content }
    }
    case 'write': {
      const written = await files.write(wish.path, wish.text, wish.expected)
      return 'hash' in written
        ? { type: 'written', id, hash: written.hash }
        : { type: 'conflict', id, ...written.conflict }
    }
    case 'rename':
      await files.rename(wish.path, wish.to)
      return { type: 'done', id }
    case 'remove':
      await files.remove(wish.path)
      return { type: 'done', id }
    case 'try':
      return { type: 'tried', id, refusals: await tryDocuments(cluster, wish.documents) }
    case 'compare':
      return { type: 'compared', id, ...(await compare(cluster, wish.text)) }
  }
}

function failureOf(error: unknown): { failure: FileError['failure']; detail: string } {
  if (error instanceof FileError) return { failure: error.failure, detail: error.message }
  if (error instanceof KubeError) return { failure: 'cluster', detail: error.message }
  throw error
}

async function followCommands(
  cluster: ClusterSession,
  tell: (record: Extract<FilesServerMessage, { type: 'command' }>) => void,
): Promise<Disposable> {
  const { commands } = await cluster.view()
  let told = Number.NEGATIVE_INFINITY
  return commands.onAdd(() => {
    const record = commands.since(told).at(-1)
    if (!record) return
    told = record.endedAt
    const { commandLine, exitCode } = record
    const output = record.output.slice(-OUTPUT_CHARACTERS)
    tell({ type: 'command', commandLine, ...(exitCode === undefined ? {} : { exitCode }), output })
  })
}
