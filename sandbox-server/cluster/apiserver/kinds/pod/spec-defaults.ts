/** Defaults of a pod's spec, for pods and for templates (pkg/apis/core/v1/defaults.go). */
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'

const set = (object: JsonObject, field: string, value: unknown): void => {
  if (object[field] === undefined || object[field] === '') object[field] = value
}

/** Fills a pod spec in place. */
export function defaultPodSpec(spec: JsonObject): void {
  set(spec, 'restartPolicy', 'Always')
  set(spec, 'terminationGracePeriodSeconds', 30)
  set(spec, 'dnsPolicy', 'ClusterFirst')
  set(spec, 'securityContext', {})
  set(spec, 'schedulerName', 'default-scheduler')
  const hostNetwork = spec.hostNetwork === true
  for (const container of objectsOf(spec.initContainers)) defaultContainer(container, hostNetwork)
  for (const container of objectsOf(spec.containers)) defaultContainer(container, hostNetwork)
  for (const container of objectsOf(spec.ephemeralContainers)) defaultContainer(container, false)
  for (const volume of objectsOf(spec.volumes)) defaultVolume(volume)
  if (textOf(spec.serviceAccountName) !== '') spec.serviceAccount = spec.serviceAccountName
  else if (textOf(spec.serviceAccount) !== '') spec.serviceAccountName = spec.serviceAccount
}

/** `latest`, explicit or not, is pulled always. */
function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/]+)$/.exec(image)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  set(container, 'resources', {})
  set(container, 'terminationMessagePath', '/dev/termination-log')
  set(container, 'terminationMessagePolicy', 'File')
  set(container, 'imagePullPolicy', pullPolicyOf(textOf(container.image)))
  for (const port of objectsOf(container.ports)) {
    set(port, 'protocol', 'TCP')
    if (hostNetwork && port.hostPort === undefined) port.hostPort = port.containerPort
  }
  for (const variable of objectsOf(container.env)) {
    const reference = objectOf(variable.valueFrom).fieldRef
    if (isObject(reference)) set(reference, 'apiVersion', 'v1')
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const value = container[probe]
    if (isObject(value)) defaultProbe(value)
  }
  const lifecycle = objectOf(container.lifecycle)
  for (const hook of ['postStart', 'preStop']) defaultHandler(objectOf(lifecycle[hook]))
}

function defaultProbe(probe: JsonObject): void {
  for (const [field, value] of [
    ['timeoutSeconds', 1],
    ['periodSeconds', 10],
    ['successThreshold', 1],
    ['failureThreshold', 3],
  ] as const) {
    if (probe[field] === undefined || probe[field] === 0) probe[field] = value
  }
  defaultHandler(probe)
}

function defaultHandler(handler: JsonObject): void {
  const { httpGet, grpc } = handler
  if (isObject(httpGet)) {
    set(httpGet, 'path', '/')
    set(httpGet, 'scheme', 'HTTP')
  }
  if (isObject(grpc) && grpc.service === undefined) grpc.service = ''
}

const FILE_MODE = 0o644

function defaultVolume(volume: JsonObject): void {
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = volume[kind]
    if (isObject(source) && source.defaultMode === undefined) source.defaultMode = FILE_MODE
  }
  const { hostPath, projected, downwardAPI } = volume
  if (isObject(hostPath) && hostPath.type === undefined) hostPath.type = ''
  for (const item of objectsOf(objectOf(downwardAPI).items)) {
    if (isObject(item.fieldRef)) set(item.fieldRef, 'apiVersion', 'v1')
  }
  for (const source of objectsOf(objectOf(projected).sources)) {
    const token = source.serviceAccountToken
    if (isObject(token) && token.expirationSeconds === undefined) token.expirationSeconds = 3600
    for (const item of objectsOf(objectOf(source.downwardAPI).items)) {
      if (isObject(item.fieldRef)) set(item.fieldRef, 'apiVersion', 'v1')
    }
  }
  const sources = Object.keys(volume).filter(key => key !== 'name')
  if (sources.length === 0) volume.emptyDir = {}
}
