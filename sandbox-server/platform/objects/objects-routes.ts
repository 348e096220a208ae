/** `/ws/objects`: one page's view of the learner's namespace. */
import {
  type ObjectsClientMessage,
  type ObjectsServerMessage,
  objectsClientMessage,
} from '../../protocol/objects.ts'
import type { LearnerRoutes } from '../http/learner-routes.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import type { Disposable } from '../lifecycle.ts'
import { reasonOf } from '../log.ts'
import { type ObjectsWatch, watchObjects } from './objects-watch.ts'
import { openObject } from './opened-object.ts'

export const objectsRoutes: LearnerRoutes = (_app, { clock, log, socket }) => {
  socket<ObjectsClientMessage>({
    url: '/ws/objects',
    messages: objectsClientMessage,
    open({ sandbox, send, signal }) {
      const tell = (message: ObjectsServerMessage) => send(message)
      let current: { cluster: ClusterSession; watching: ObjectsWatch } | undefined
      let wanted: Extract<ObjectsClientMessage, { type: 'open' }> | undefined
      let opened: Disposable | undefined
      let turn = 0

      const openWanted = () => {
        opened?.dispose()
        opened = undefined
        const kind = current?.watching.kinds.find(one => one.collection === wanted?.collection)
        if (!current || !wanted || !kind) return
        const { cluster, watching } = current
        opened = openObject({ cluster, clock, kind, kinds: watching.kinds, name: wanted.name, tell })
      }
      const leave = () => {
        turn++
        current?.watching.dispose()
        current = undefined
        opened?.dispose()
        opened = undefined
      }
      const follow = async (cluster: ClusterSession | undefined) => {
        leave()
        if (!cluster) return void tell({ type: 'away' })
        const mine = turn
        // The namespace is there once the toolbox can be entered.
        await cluster.enterable()
        const watching = await watchObjects({
          cluster,
          clock,
          signal,
          onKind: kind => tell({ type: 'kind', kind }),
          onListed: () => tell({ type: 'listed', namespace: cluster.namespace }),
        })
        if (mine !== turn || signal.aborted) return watching.dispose()
        current = { cluster, watching }
        openWanted()
      }
      const clusters = sandbox.onCluster(cluster => {
        // A cluster that is lost while it is asked is followed again when it is back.
        follow(cluster).catch(error => log.warn('objects cannot be followed', { reason: reasonOf(error) }))
      })
      signal.addEventListener('abort', () => {
        clusters.dispose()
        leave()
      })
      return {
        message(wish) {
          wanted = wish.type === 'open' ? wish : undefined
          openWanted()
        },
      }
    },
  })
}
