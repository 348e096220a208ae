/** `/ws/mesh`: one page's view of the learner's mesh. */
import { type MeshClientMessage, meshClientMessage } from '../../protocol/mesh.ts'
import type { LearnerRoutes } from '../http/learner-routes.ts'
import type { MeshWatcher } from './learner-mesh.ts'

export const meshRoutes: LearnerRoutes = (_app, deps) => {
  deps.socket<MeshClientMessage>({
    url: '/ws/mesh',
    messages: meshClientMessage,
    open({ sandbox, socket, send, signal }) {
      const { mesh } = sandbox
      // A page that is too far behind is told everything anew once it has caught up.
      let isBehind = false
      const watcher: MeshWatcher = {
        topology: message => void send(message),
        traffic(message) {
          if (!isBehind) isBehind = !send(message)
          else if (socket.bufferedAmount === 0) {
            isBehind = false
            watching.dispose()
            watching = mesh.watch(watcher)
          }
        },
      }
      let watching = mesh.watch(watcher)
      signal.addEventListener('abort', () => watching.dispose())
      return {
        message({ id }) {
          // No spans: it is not kept any more.
          send({ type: 'opened', ...(mesh.open(id) ?? { id, spans: [] }) })
        },
      }
    },
  })
}
