/** ClusterRoles with an aggregationRule hold the rules of those it selects (`pkg/controller/clusterroleaggregation`). */
import { isDeepStrictEqual } from 'node:util'
import { AS_CONTROLLER_MANAGER, disposeAll, type StartController } from '../controller.ts'
import { CLUSTER_ROLES, type ClusterRole } from '../kinds.ts'
import { selects } from '../selectors.ts'

export const startClusterRoleAggregationController: StartController = context => {
  const { api, informers } = context
  const queue = context.queue('clusterroleaggregation', name => {
    const role = informers.clusterRoles.get(name)
    if (!role?.aggregationRule) return
    const rules = aggregated(role, informers.clusterRoles.list())
    if (!isDeepStrictEqual(role.rules ?? [], rules))
      api.update<ClusterRole>(CLUSTER_ROLES, { ...role, rules }, AS_CONTROLLER_MANAGER)
  })
  return disposeAll(
    queue,
    informers.clusterRoles.subscribe(() => {
      for (const role of informers.clusterRoles.list())
        if (role.aggregationRule) queue.add(role.metadata.name)
    }),
  )
}

/** In the order of the roles' names, each rule once. */
function aggregated(role: ClusterRole, all: readonly ClusterRole[]): NonNullable<ClusterRole['rules']> {
  const rules: NonNullable<ClusterRole['rules']> = []
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const chosen = all.filter(one => one !== role && selects(selector, one.metadata.labels))
    for (const rule of chosen
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap(one => one.rules ?? [])) {
      if (!rules.some(present => isDeepStrictEqual(present, rule))) rules.push(rule)
    }
  }
  return rules
}
