/** Who gets a sidecar and who does not. */

import type { Json } from '../../../text/json.ts'
import { objectOf, objectsOf, stringOf } from '../../../text/json.ts'
import { stringMap } from '../../../text/string-map.ts'
import type { Analyzer } from '../analyzer.ts'
import { fullName, type Resource, type ResourceSet } from '../resources.ts'
import { labelSelectorFits } from '../selectors.ts'

const INJECTION = 'istio-injection'
const REVISION = 'istio.io/rev'
const DATAPLANE_MODE = 'istio.io/dataplane-mode'
const INJECT = 'sidecar.istio.io/inject'
const INJECTOR = 'istio-sidecar-injector'
const PROXY = 'istio-proxy'
const RESERVED_UID = 1337

const containersOf = (podSpec: Json): Json[] => [
  ...objectsOf(podSpec['containers']),
  ...objectsOf(podSpec['initContainers']),
]

const proxyImage = (podSpec: Json): string =>
  stringOf(containersOf(podSpec).find(({ name }) => name === PROXY)?.['image'])

export const injection: Analyzer = {
  name: 'injection.Analyzer',
  description: 'Checks conditions related to Istio sidecar injection',
  inputs: ['Namespace', 'Pod', 'ConfigMap'],
  analyze(resources, report) {
    const injected = new Set<string>()
    for (const namespace of resources.list('Namespace')) {
      const { name, labels } = namespace
      if (name === 'istio-system') continue
      const label = labels[INJECTION]
      const kinds = injectionLabels(labels)
      if (kinds.length > 1) report('NamespaceMultipleInjectionLabels', namespace, [kinds])
      if (labels[DATAPLANE_MODE] === 'ambient') continue
      if ((label ?? '') === '' && labels[REVISION] === undefined) {
        if (isEnabledByDefault(resources)) report('NamespaceInjectionEnabledByDefault', namespace, [])
        else report('NamespaceNotInjected', namespace, [name, name], 'metadata.name')
      } else if (label === 'enabled') injected.add(name)
    }
    for (const pod of resources.list('Pod')) {
      const asked = pod.labels[INJECT] ?? pod.annotations[INJECT] ?? ''
      const isLeftOut = asked.toLowerCase() === 'false' || pod.spec['hostNetwork'] === true
      if (injected.has(pod.namespace) && !isLeftOut && proxyImage(pod.spec) === '')
        report('PodMissingProxy', pod, [fullName(pod)])
    }
  },
}

function injectionLabels(labels: Readonly<Record<string, string>>): string[] {
  const label = labels[INJECTION]
  const others = [REVISION, DATAPLANE_MODE].filter(
    key => labels[key] !== undefined && (label === undefined || label === 'enabled'),
  )
  return [...(label === undefined ? [] : [INJECTION]), ...others].map(key => `${key}=${labels[key]}`)
}

const injectorValues = (resources: ResourceSet): Json => {
  const map = resources.list('ConfigMap').find(({ name }) => name === INJECTOR)
  try {
    return objectOf(JSON.parse(stringMap(map?.object['data'])['values'] ?? '{}'))
  } catch {
    // Whoever wrote it by hand finds out from istiod.
    return {}
  }
}

const isEnabledByDefault = (resources: ResourceSet): boolean =>
  objectOf(injectorValues(resources)['sidecarInjectorWebhook'])['enableNamespacesByDefault'] === true

export const proxyImages: Analyzer = {
  name: 'injection.ImageAnalyzer',
  description: 'Checks the image of auto-injection configured with the running proxies on pods',
  inputs: ['Namespace', 'Pod', 'ConfigMap', 'ProxyConfig'],
  analyze(resources, report) {
    if (!resources.list('ConfigMap').some(({ name }) => name === INJECTOR)) return
    const wanted = configuredImage(resources)
    for (const namespace of resources.list('Namespace')) {
      const { labels, name } = namespace
      const revision = labels[REVISION] ?? 'default'
      const isInjected = labels[INJECTION] === 'enabled' || labels[REVISION] !== undefined
      if (!isInjected || revision !== 'default') continue
      const stale = resources.list('Pod').filter(pod => pod.namespace === name && hasOtherImage(pod, wanted))
      if (stale.length > 0)
        report('PodsIstioProxyImageMismatchInNamespace', namespace, [stale.map(pod => pod.name).sort()])
    }
  },
}

function configuredImage(resources: ResourceSet): string {
  const { hub, tag, proxy } = objectOf(injectorValues(resources)['global'])
  const image = stringOf(objectOf(proxy)['image'])
  return image.includes('/') ? image : `${stringOf(hub)}/${image}:${stringOf(tag)}`
}

function hasOtherImage({ annotations, spec }: Resource, wanted: string): boolean {
  if (annotations['sidecar.istio.io/proxyImage']) return false
  const image = proxyImage(spec)
  const variant = annotations['sidecar.istio.io/proxyImageType'] ?? 'default'
  return image !== '' && image !== wanted && image !== `${wanted}-${variant}`
}

export const autoImages: Analyzer = {
  name: 'injection.ImageAutoAnalyzer',
  description: 'Makes sure that Pods and Deployments with `image: auto` are going to be injected',
  inputs: ['Namespace', 'Pod', 'Deployment', 'MutatingWebhookConfiguration'],
  analyze(resources, report) {
    const webhooks = resources
      .list('MutatingWebhookConfiguration')
      .flatMap(({ object }) => objectsOf(object['webhooks']))
      .filter(({ name }) => stringOf(name).endsWith('istio.io'))
    for (const pod of resources.list('Pod'))
      if (hasAutoImage(pod.spec)) report('ImageAutoWithoutInjectionError', pod, ['Pod', pod.name])
    for (const deployment of resources.list('Deployment')) {
      const template = objectOf(deployment.spec['template'])
      if (!hasAutoImage(objectOf(template['spec']))) continue
      const namespace = resources.find('Namespace', '', deployment.namespace || 'default')?.labels ?? {}
      const pod = stringMap(objectOf(template['metadata'])['labels'])
      const isInjected = webhooks.some(
        ({ namespaceSelector, objectSelector }) =>
          labelSelectorFits(namespaceSelector, namespace) && labelSelectorFits(objectSelector, pod),
      )
      if (!isInjected) report('ImageAutoWithoutInjectionWarning', deployment, ['Deployment', deployment.name])
    }
  },
}

const hasAutoImage = (podSpec: Json): boolean =>
  objectsOf(podSpec['containers']).some(({ name, image }) => name === PROXY && image === 'auto')

/** Whether the pod has a sidecar or would get one. */
export function isInMesh(
  resources: ResourceSet,
  pod: Pick<Resource, 'labels' | 'annotations' | 'namespace' | 'spec'>,
): boolean {
  if (proxyImage(pod.spec) !== '') return true
  const asked = pod.labels[INJECT] ?? pod.annotations[INJECT]
  if (asked !== undefined) return asked === 'true'
  return resources.find('Namespace', '', pod.namespace)?.labels[INJECTION] === 'enabled'
}

export const applicationUids: Analyzer = {
  name: 'applicationUID.Analyzer',
  description: 'Checks invalid application UID',
  inputs: ['Pod', 'Deployment'],
  analyze(resources, report) {
    const check = (resource: Resource, podSpec: Json) => {
      if (!isControlPlane(resource) && runsAsProxy(podSpec)) report('InvalidApplicationUID', resource, [])
    }
    for (const pod of resources.list('Pod')) check(pod, pod.spec)
    for (const deployment of resources.list('Deployment'))
      check(deployment, objectOf(objectOf(deployment.spec['template'])['spec']))
  },
}

const userOf = (holder: Json): unknown => objectOf(holder['securityContext'])['runAsUser']

const runsAsProxy = (podSpec: Json): boolean =>
  userOf(podSpec) === RESERVED_UID ||
  objectsOf(podSpec['containers']).some(
    container =>
      container['name'] !== PROXY &&
      container['name'] !== 'istio-operator' &&
      userOf(container) === RESERVED_UID,
  )

/** Istio's own objects. */
export const isControlPlane = ({ labels }: Resource): boolean =>
  labels['istio'] !== undefined || labels['release'] === 'istio'
