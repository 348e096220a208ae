/** Brings the cluster to a set of objects: applies them, removes what an earlier installation had besides, waits. */
import type { ApiObject, NewObject } from '../../../apiserver/api.ts'
import { CommandError } from '../../cli/command.ts'
import { ApiError, isRecord, type KubeClient } from '../../kube/client.ts'

const FIELD_MANAGER = 'istio-operator'
const COMPONENT = 'operator.istio.io/component'
const ISTIO_NAMESPACE = 'istio-system'
const READY_TIMEOUT_MS = 300_000
const POLL_MS = 100

/** Kinds an installation has, in the order they are taken away; the rest of it goes with them. */
const KINDS: readonly { apiVersion: string; kind: string; isNamespaced: boolean }[] = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    isNamespaced: false,
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    isNamespaced: false,
  },
  { apiVersion: 'apps/v1', kind: 'Deployment', isNamespaced: true },
  { apiVersion: 'v1', kind: 'Service', isNamespaced: true },
  { apiVersion: 'v1', kind: 'ConfigMap', isNamespaced: true },
  { apiVersion: 'v1', kind: 'ServiceAccount', isNamespaced: true },
]

type Named = Pick<NewObject, 'apiVersion' | 'kind' | 'metadata'>

/** Of an object, or of its collection. */
function pathOf({ apiVersion, kind, metadata }: Named): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const namespace = metadata.namespace ? `/namespaces/${metadata.namespace}` : ''
  return `${root}${namespace}/${kind.toLowerCase()}s${metadata.name ? `/${metadata.name}` : ''}`
}

export async function applyObject(client: KubeClient, object: NewObject): Promise<void> {
  const path = `${pathOf(object)}?fieldManager=${FIELD_MANAGER}&force=true`
  try {
    await client.send('PATCH', path, object, 'application/apply-patch+yaml')
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error
    throw new CommandError(
      `${error.message}. Installing Istio takes an administrator of the cluster; in a sandbox of your own this is who "meshdojo cluster run" makes you.`,
    )
  }
}

/** Everything of an earlier installation, in the order to remove it. */
export async function installedObjects(client: KubeClient): Promise<Named[]> {
  const found: Named[] = []
  for (const { apiVersion, kind, isNamespaced } of KINDS) {
    const metadata = isNamespaced ? { name: '', namespace: ISTIO_NAMESPACE } : { name: '' }
    const items = await client.list(`${pathOf({ apiVersion, kind, metadata })}?labelSelector=release%3Distio`)
    found.push(...items.map(item => ({ apiVersion, kind, metadata: item.metadata })))
  }
  return found
}

/** `istio-egressgateway.istio-system`, as progress lines name it. */
export const nameOf = ({ apiVersion, kind, metadata }: Named): string => {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return `${group === '' ? '' : group}/${version}, Kind=${kind}/${metadata.name}.${metadata.namespace ?? ''}`
}

export async function removeObject(client: KubeClient, object: Named): Promise<void> {
  try {
    await client.send('DELETE', pathOf(object), { propagationPolicy: 'Background' })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
  }
}

/** What was installed for a component of the profile before and is not wanted any more. */
export async function prune(client: KubeClient, wanted: readonly NewObject[]): Promise<void> {
  const kept = new Set(wanted.map(pathOf))
  for (const object of await installedObjects(client)) {
    if (!kept.has(pathOf(object)) && object.metadata.labels?.[COMPONENT] !== undefined)
      await removeObject(client, object)
    else if (!kept.has(pathOf(object)) && object.kind === 'ServiceAccount') await removeObject(client, object)
  }
}

/** Resolves when the Deployment has rolled out. Throws CommandError after five minutes. */
export async function waitForDeployment(client: KubeClient, deployment: Named): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (!isRolledOut(await client.get(pathOf(deployment)))) {
    if (Date.now() > deadline) {
      throw new CommandError(
        `resources not ready after 5m0s: context deadline exceeded\nDeployment/${deployment.metadata.namespace}/${deployment.metadata.name}; see: kubectl -n istio-system get pods`,
      )
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

function isRolledOut({ metadata, status, spec }: ApiObject): boolean {
  const state = isRecord(status) ? status : {}
  const replicas = isRecord(spec) ? spec['replicas'] : 1
  return (
    Number(state['observedGeneration'] ?? 0) >= Number(metadata.generation ?? 0) &&
    state['updatedReplicas'] === replicas &&
    state['availableReplicas'] === replicas &&
    state['replicas'] === replicas
  )
}
