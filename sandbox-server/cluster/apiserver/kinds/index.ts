/** Every built-in kind; a new one is a folder beside this file and a line here. */

import { clusterRole } from './clusterrole/index.ts'
import { clusterRoleBinding } from './clusterrolebinding/index.ts'
import { configMap } from './configmap/index.ts'
import { customResourceDefinition } from './customresourcedefinition/index.ts'
import { deployment } from './deployment/index.ts'
import { endpoints } from './endpoints/index.ts'
import { endpointSlice } from './endpointslice/index.ts'
import { event, groupEvent } from './event/index.ts'
import { ingress } from './ingress/index.ts'
import { ingressClass } from './ingressclass/index.ts'
import { job } from './job/index.ts'
import type { Kind } from './kind.ts'
import { lease } from './lease/index.ts'
import { limitRange } from './limitrange/index.ts'
import { nodeMetrics, podMetrics } from './metrics.ts'
import { mutatingWebhookConfiguration } from './mutatingwebhookconfiguration/index.ts'
import { namespace } from './namespace/index.ts'
import { networkAttachmentDefinition } from './networkattachmentdefinition/index.ts'
import { networkPolicy } from './networkpolicy/index.ts'
import { node } from './node/index.ts'
import { pod } from './pod/index.ts'
import { replicaSet } from './replicaset/index.ts'
import { resourceQuota } from './resourcequota/index.ts'
import { role } from './role/index.ts'
import { roleBinding } from './rolebinding/index.ts'
import { route } from './route/index.ts'
import { secret } from './secret/index.ts'
import { securityContextConstraints } from './securitycontextconstraints/index.ts'
import { service } from './service/index.ts'
import { serviceAccount } from './serviceaccount/index.ts'
import { validatingWebhookConfiguration } from './validatingwebhookconfiguration/index.ts'

export const builtinKinds: readonly Kind[] = [
  clusterRole,
  clusterRoleBinding,
  configMap,
  customResourceDefinition,
  deployment,
  endpoints,
  endpointSlice,
  event,
  groupEvent,
  ingress,
  ingressClass,
  job,
  lease,
  limitRange,
  mutatingWebhookConfiguration,
  namespace,
  networkAttachmentDefinition,
  networkPolicy,
  node,
  nodeMetrics,
  pod,
  podMetrics,
  replicaSet,
  resourceQuota,
  role,
  roleBinding,
  route,
  secret,
  securityContextConstraints,
  service,
  serviceAccount,
  validatingWebhookConfiguration,
]
