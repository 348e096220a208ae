/**
 * A container's environment, in upstream's order: service links, envFrom, env with `$(VAR)` expanded.
 * A missing ConfigMap, Secret or key that is not optional is a ContainerConfigError.
 */
import type { Container, EnvVar } from 'kubernetes-types/core/v1.js'
import type { Api, ApiObject } from '../apiserver/api.ts'
import { API_SERVER_IP } from '../network/contract.ts'
import { fieldValue, resourceValue } from './fields.ts'
import { namespaceOf, type Pod } from './pod.ts'

/** The container cannot be created as it is declared; the message is the kubelet's. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError'
}

export type Environment = Record<string, string>

const CAPACITY = { cpu: '2', memory: '4Gi', 'ephemeral-storage': '20Gi' }

/** The environment of `container`; throws ContainerConfigError. */
export function resolveEnvironment(api: Api, pod: Pod, container: Container, podIp: string): Environment {
  const env: Environment = {}
  Object.assign(env, serviceVariables(api, pod))
  for (const source of container.envFrom ?? []) {
    const reference = source.configMapRef ?? source.secretRef
    if (!reference) continue
    const data = readKeys(
      api,
      pod,
      source.configMapRef ? 'ConfigMap' : 'Secret',
      reference.name ?? '',
      reference.optional,
    )
    for (const [key, value] of data) env[`${source.prefix ?? ''}${key}`] = value.toString()
  }
  for (const variable of container.env ?? []) {
    const value = variableValue(api, pod, container, podIp, variable, env)
    if (value !== undefined) env[variable.name] = value
  }
  return env
}

function variableValue(
  api: Api,
  pod: Pod,
  container: Container,
  podIp: string,
  variable: EnvVar,
  env: Environment,
): string | undefined {
  const from = variable.valueFrom
  if (!from) return expand(variable.value ?? '', env)
  if (from.fieldRef) return fieldValue(pod, podIp, from.fieldRef) ?? ''
  if (from.resourceFieldRef) return resourceValue(pod, container, from.resourceFieldRef, CAPACITY)
  const kind = from.configMapKeyRef ? 'ConfigMap' : 'Secret'
  const reference = from.configMapKeyRef ?? from.secretKeyRef
  if (!reference) return ''
  const data = readKeys(api, pod, kind, reference.name ?? '', reference.optional)
  const value = data.get(reference.key)
  if (value === undefined && !reference.optional) {
    const where = `${kind} ${namespaceOf(pod)}/${reference.name}`
    throw new ContainerConfigError(`couldn't find key ${reference.key} in ${where}`)
  }
  return value?.toString()
}

/** Keys of a ConfigMap or Secret; absent and optional: none. */
export function readKeys(
  api: Api,
  pod: Pod,
  kind: 'ConfigMap' | 'Secret',
  name: string,
  optional: boolean | undefined,
): Map<string, Buffer> {
  const resource = kind === 'ConfigMap' ? 'configmaps' : 'secrets'
  const object = api.get({ group: '', resource }, namespaceOf(pod), name)
  if (!object && !optional)
    throw new ContainerConfigError(`${kind === 'ConfigMap' ? 'configmap' : 'secret'} "${name}" not found`)
  return object ? dataOf(object) : new Map()
}

function dataOf(object: ApiObject): Map<string, Buffer> {
  const entries = new Map<string, Buffer>()
  const isSecret = object.kind === 'Secret'
  for (const [key, value] of Object.entries(isRecord(object.data) ? object.data : {}))
    entries.set(key, Buffer.from(String(value), isSecret ? 'base64' : 'utf8'))
  for (const [key, value] of Object.entries(isRecord(object.binaryData) ? object.binaryData : {}))
    entries.set(key, Buffer.from(String(value), 'base64'))
  return entries
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** `$(NAME)` → its value if it is defined, as it stands otherwise; `$$` → `$`. */
export function expand(text: string, env: Readonly<Environment>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? whole),
  )
}

interface ServicePort {
  name?: string
  port: number
  protocol?: string
}

/**
 * Docker-links variables of each Service that exists when the container starts: those of the pod's namespace unless
 * enableServiceLinks is false, and always those of `kubernetes` (kubelet's getServiceEnvVarMap).
 */
function serviceVariables(api: Api, pod: Pod): Environment {
  const env: Environment = {}
  const add = (name: string, ip: string, ports: readonly ServicePort[]) =>
    Object.assign(env, linkVariables(name, ip, ports))
  const own = namespaceOf(pod)
  const links = pod.spec.enableServiceLinks !== false
  let master = false
  for (const service of links ? api.list({ group: '', resource: 'services' }, { namespace: own }) : []) {
    const spec = isRecord(service.spec) ? service.spec : {}
    if (typeof spec.clusterIP !== 'string' || spec.clusterIP === 'None' || spec.clusterIP === '') continue
    add(service.metadata.name, spec.clusterIP, Array.isArray(spec.ports) ? spec.ports : [])
    master ||= service.metadata.name === 'kubernetes' && own === 'default'
  }
  if (!master) add('kubernetes', API_SERVER_IP, [{ name: 'https', port: 443, protocol: 'TCP' }])
  return env
}

function linkVariables(service: string, ip: string, ports: readonly ServicePort[]): Environment {
  const prefix = service.toUpperCase().replaceAll('-', '_')
  const [first] = ports
  if (!first) return {}
  const env: Environment = {
    [`${prefix}_SERVICE_HOST`]: ip,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `${(first.protocol ?? 'TCP').toLowerCase()}://${ip}:${first.port}`,
  }
  for (const { name, port, protocol = 'TCP' } of ports) {
    if (name) env[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll('-', '_')}`] = String(port)
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
    env[link] = `${protocol.toLowerCase()}://${ip}:${port}`
    env[`${link}_PROTO`] = protocol.toLowerCase()
    env[`${link}_PORT`] = String(port)
    env[`${link}_ADDR`] = ip
  }
  return env
}
