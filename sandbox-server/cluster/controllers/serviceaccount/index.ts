/** Every active namespace has a ServiceAccount `default` (`pkg/controller/serviceaccount` upstream). */
import { AS_CONTROLLER_MANAGER, disposeAll, type StartController } from '../controller.ts'
import { SERVICE_ACCOUNTS } from '../kinds.ts'

export const startServiceAccountController: StartController = context => {
  const { api, informers } = context
  const queue = context.queue('serviceaccount', namespace => {
    const owner = informers.namespaces.get(namespace)
    if (!owner || owner.metadata.deletionTimestamp !== undefined) return
    if (informers.serviceAccounts.get(`${namespace}/default`)) return
    api.create(
      SERVICE_ACCOUNTS,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
      AS_CONTROLLER_MANAGER,
    )
  })
  return disposeAll(
    queue,
    informers.namespaces.subscribe(({ object }) => queue.add(object.metadata.name)),
    informers.serviceAccounts.subscribe(({ type, object }) => {
      if (type === 'DELETED' && object.metadata.name === 'default') queue.add(object.metadata.namespace ?? '')
    }),
  )
}
