/** The objects that make a namespace a learner's own: identity, rights, limits, access logs. */
import type { KubeObject } from '../kube-client/objects.ts'

export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'meshdojo' } as const
export const SERVICE_ACCOUNT = 'learner'

/** Learner ids are short and lower-case, so they fit a namespace's name as they are. */
export const namespaceOf = (learnerId: string): string => `learner-${learnerId}`

export const namespaceObject = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, labels: { ...MANAGED_BY, 'istio-injection': 'enabled' } },
})

const all = ['*']
const read = ['get', 'list', 'watch']

/** What a learner may do in their own namespace: everything the chapters use, but not lift their own limits. */
const learnerRules = [
  {
    apiGroups: [''],
    resources: [
      'pods',
      'pods/log',
      'pods/exec',
      'pods/attach',
      'pods/portforward',
      'pods/ephemeralcontainers',
      'services',
      'services/proxy',
      'endpoints',
      'configmaps',
      'secrets',
      'serviceaccounts',
      'serviceaccounts/token',
      'replicationcontrollers',
      'persistentvolumeclaims',
      'events',
    ],
    verbs: all,
  },
  { apiGroups: [''], resources: ['resourcequotas', 'limitranges'], verbs: read },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: read },
  {
    apiGroups: [
      'apps',
      'batch',
      'autoscaling',
      'policy',
      'discovery.k8s.io',
      'events.k8s.io',
      'networking.k8s.io',
      'networking.istio.io',
      'security.istio.io',
      'telemetry.istio.io',
      'extensions.istio.io',
      'gateway.networking.k8s.io',
      'route.openshift.io',
    ],
    resources: all,
    verbs: all,
  },
]

const rbac = 'rbac.authorization.k8s.io'

/** Everything inside the namespace except the workloads; order does not matter. */
export function namespacedObjects(namespace: string): KubeObject[] {
  const metadata = (name: string) => ({ name, namespace, labels: { ...MANAGED_BY } })
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(SERVICE_ACCOUNT) },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: metadata('learner'), rules: learnerRules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: metadata('learner'),
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'learner' },
      subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: metadata('learner'),
      spec: { hard: { pods: '50', services: '40', 'requests.cpu': '8', 'requests.memory': '12Gi' } },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: metadata('learner'),
      spec: {
        // Small requests let many learners share a node; the quota demands that every container has some.
        limits: [
          { type: 'Container', defaultRequest: { cpu: '10m', memory: '32Mi' }, default: { memory: '512Mi' } },
        ],
      },
    },
  ]
}

/** Access logs are what the traffic checks read; meshes often have them off. */
export const accessLogTelemetry = (namespace: string): KubeObject => ({
  apiVersion: 'telemetry.istio.io/v1',
  kind: 'Telemetry',
  metadata: { name: 'access-log', namespace, labels: { ...MANAGED_BY } },
  spec: { accessLogging: [{ providers: [{ name: 'envoy' }] }] },
})

/**
 * Rights beyond the namespace: reading nodes and namespaces, or everything where the cluster is the learner's alone.
 * A shared cluster may refuse them; the chapters work without.
 */
export function clusterWideObjects(namespace: string, exclusive: boolean): KubeObject[] {
  const role = exclusive ? 'cluster-admin' : 'meshdojo-learner'
  const binding: KubeObject = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `meshdojo-${namespace}`, labels: { ...MANAGED_BY } },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace }],
  }
  if (exclusive) return [binding]
  const clusterRole: KubeObject = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: role, labels: { ...MANAGED_BY } },
    rules: [{ apiGroups: [''], resources: ['nodes', 'namespaces'], verbs: read }],
  }
  return [clusterRole, binding]
}
