/**
 * What the built-in admission plug-ins do to a new pod: ServiceAccount (token volume), DefaultTolerationSeconds,
 * Priority. They run before the plug-ins that are handed in, as in the real server.
 */
import type { AdmissionRequest } from '../admission.ts'
import type { NewObject } from '../api.ts'
import { clone, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import type { ServedKinds } from '../kinds/kind.ts'
import { safeRandom } from '../names.ts'
import { forbidden } from '../status.ts'

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const TOLERATED_SECONDS = 300

const isNewPod = (request: AdmissionRequest): boolean =>
  request.operation === 'CREATE' && request.resource.group === '' && request.resource.resource === 'pods'

/** The pod as it will be stored, or the object itself when it is none. */
export function admitPod(registry: ServedKinds, request: AdmissionRequest): NewObject {
  if (!isNewPod(request)) return request.object
  const pod = clone(request.object)
  const spec = objectOf(pod.spec)
  tolerations(spec)
  spec.priority ??= 0
  spec.preemptionPolicy ??= 'PreemptLowerPriority'
  serviceAccount(registry, pod, spec)
  return pod
}

function tolerations(spec: JsonObject): void {
  const existing = objectsOf(spec.tolerations)
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = existing.some(
      toleration =>
        (toleration.key === key || !textOf(toleration.key)) &&
        (toleration.effect === 'NoExecute' || !textOf(toleration.effect)),
    )
    if (!tolerated)
      existing.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATED_SECONDS })
  }
  spec.tolerations = existing
}

/** The real server makes a generated name only after the plug-ins that change objects: these know the prefix alone. */
function nameBeforeStorage({ name = '', generateName = '' }: NewObject['metadata']): string {
  return generateName !== '' && name.startsWith(generateName) ? generateName : name
}

function serviceAccount(registry: ServedKinds, pod: NewObject, spec: JsonObject): void {
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return
  const name = textOf(spec.serviceAccountName) || 'default'
  const { namespace = '' } = pod.metadata
  const account = registry.api.get({ group: '', resource: 'serviceaccounts' }, namespace, name)
  if (!account) {
    const message = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`
    throw forbidden('', 'pods', nameBeforeStorage(pod.metadata), message)
  }
  spec.serviceAccountName = name
  spec.serviceAccount = name
  const pullSecrets = objectsOf(account.imagePullSecrets)
  if (objectsOf(spec.imagePullSecrets).length === 0 && pullSecrets.length > 0)
    spec.imagePullSecrets = clone(pullSecrets)
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  if (automount !== false) mountToken(spec)
}

function mountToken(spec: JsonObject): void {
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)]
  const unmounted = containers.filter(
    container => !objectsOf(container.volumeMounts).some(mount => mount.mountPath === TOKEN_PATH),
  )
  if (unmounted.length === 0) return
  const volumes = objectsOf(spec.volumes)
  const present = volumes.find(
    volume => textOf(volume.name).startsWith('kube-api-access-') && isObject(volume.projected),
  )
  const name = textOf(present?.name) || `kube-api-access-${safeRandom(5)}`
  if (!present) spec.volumes = [...volumes, tokenVolume(name)]
  for (const container of unmounted) {
    container.volumeMounts = [
      ...objectsOf(container.volumeMounts),
      { name, readOnly: true, mountPath: TOKEN_PATH },
    ]
  }
}

const tokenVolume = (name: string): JsonObject => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
})
