/** Rules of a pod's spec in upstream's words and order (pkg/apis/core/validation/validation.go). */
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import { nanoOf } from '../../schema/quantity.ts'
import type { StatusCause } from '../../status.ts'
import {
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../../validation/causes.ts'
import {
  isDnsLabel,
  isDnsSubdomain,
  isPort,
  isPortName,
  PORT_RANGE,
  qualifiedNameErrors,
} from '../../validation/words.ts'

const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc']
const NOT_NEGATIVE = 'must be greater than or equal to 0'

const errors = (field: string, value: unknown, messages: readonly string[]): StatusCause[] =>
  messages.map(message => invalidValue(field, value, message))

const supported = (field: string, value: unknown, allowed: readonly string[]): StatusCause[] =>
  allowed.includes(textOf(value))
    ? []
    : [value === undefined || value === '' ? required(field) : notSupported(field, value, allowed)]

/** Causes within `spec` at `path` (`spec`, `spec.template.spec`). */
export function validatePodSpec(spec: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const volumes = new Set<string>()
  for (const [index, volume] of objectsOf(spec.volumes).entries()) {
    causes.push(...validateVolume(volume, `${path}.volumes[${index}]`, volumes))
  }
  const containers = objectsOf(spec.containers)
  if (containers.length === 0) causes.push(required(`${path}.containers`))
  const names = new Set<string>()
  const each = (list: readonly JsonObject[], field: string): void =>
    list.forEach((container, index) => {
      causes.push(...validateContainer(container, `${path}.${field}[${index}]`, names, volumes))
    })
  each(containers, 'containers')
  each(objectsOf(spec.initContainers), 'initContainers')
  causes.push(...supported(`${path}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES))
  causes.push(...supported(`${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES))
  if (spec.dnsPolicy === 'None' && objectsOf([spec.dnsConfig]).length === 0) {
    causes.push(required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'))
  }
  causes.push(...scalars(spec, path))
  for (const [index, toleration] of objectsOf(spec.tolerations).entries()) {
    causes.push(...validateToleration(toleration, `${path}.tolerations[${index}]`))
  }
  return causes
}

function scalars(spec: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  for (const field of ['serviceAccountName', 'nodeName', 'runtimeClassName', 'priorityClassName']) {
    const value = textOf(spec[field])
    if (value !== '') causes.push(...errors(`${path}.${field}`, value, isDnsSubdomain(value)))
  }
  for (const field of ['hostname', 'subdomain']) {
    const value = textOf(spec[field])
    if (value !== '') causes.push(...errors(`${path}.${field}`, value, isDnsLabel(value)))
  }
  const grace = spec.terminationGracePeriodSeconds
  if (typeof grace === 'number' && grace < 0)
    causes.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, NOT_NEGATIVE))
  const deadline = spec.activeDeadlineSeconds
  if (typeof deadline === 'number' && deadline < 1) {
    causes.push(
      invalidValue(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'),
    )
  }
  return causes
}

function validateToleration(toleration: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const key = textOf(toleration.key)
  if (key !== '') causes.push(...errors(`${path}.key`, key, qualifiedNameErrors(key)))
  if (key === '' && toleration.operator !== 'Exists') {
    causes.push(
      invalidValue(
        `${path}.operator`,
        toleration.operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    )
  }
  const effect = toleration.effect
  if (
    effect !== undefined &&
    effect !== '' &&
    !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(textOf(effect))
  ) {
    causes.push(notSupported(`${path}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']))
  }
  return causes
}

function validateVolume(volume: JsonObject, path: string, names: Set<string>): StatusCause[] {
  const causes: StatusCause[] = []
  const name = textOf(volume.name)
  if (name === '') causes.push(required(`${path}.name`))
  else causes.push(...errors(`${path}.name`, name, isDnsLabel(name)))
  if (names.has(name)) causes.push(duplicate(`${path}.name`, name))
  const sources = Object.keys(volume).filter(key => key !== 'name' && volume[key] !== undefined)
  const order = [
    'emptyDir',
    'hostPath',
    'gcePersistentDisk',
    'secret',
    'nfs',
    'persistentVolumeClaim',
    'configMap',
    'downwardAPI',
    'projected',
    'csi',
    'ephemeral',
    'image',
  ]
  const sorted = [...sources].sort((a, b) => order.indexOf(a) - order.indexOf(b))
  const before = causes.length
  for (const source of sorted.slice(1))
    causes.push(forbiddenField(`${path}.${source}`, 'may not specify more than 1 volume type'))
  if (sources.length === 0) causes.push(required(path, 'must specify a volume type'))
  for (const source of sorted.slice(0, 1))
    causes.push(...validateSource(source, objectOf(volume[source]), `${path}.${source}`))
  // A volume with errors cannot be mounted: the mounts say so once more.
  if (causes.length === before && name !== '') names.add(name)
  return causes
}

function validateSource(kind: string, source: JsonObject, path: string): StatusCause[] {
  switch (kind) {
    case 'configMap':
      return textOf(source.name) === '' ? [required(`${path}.name`)] : []
    case 'secret':
      return textOf(source.secretName) === '' ? [required(`${path}.secretName`)] : []
    case 'hostPath':
      return textOf(source.path) === '' ? [required(`${path}.path`)] : []
    case 'persistentVolumeClaim':
      return textOf(source.claimName) === '' ? [required(`${path}.claimName`)] : []
    default:
      return []
  }
}

function validateContainer(
  container: JsonObject,
  path: string,
  names: Set<string>,
  volumes: ReadonlySet<string>,
): StatusCause[] {
  const causes: StatusCause[] = []
  const name = textOf(container.name)
  if (name === '') causes.push(required(`${path}.name`))
  else causes.push(...errors(`${path}.name`, name, isDnsLabel(name)))
  if (names.has(name)) causes.push(duplicate(`${path}.name`, name))
  names.add(name)
  const image = textOf(container.image)
  if (image === '') causes.push(required(`${path}.image`))
  else if (image !== image.trim())
    causes.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'))
  const { lifecycle } = container
  if (isObject(lifecycle)) {
    for (const hook of ['postStart', 'preStop']) {
      const handler = lifecycle[hook]
      if (isObject(handler)) causes.push(...validateHandler(handler, `${path}.lifecycle.${hook}`))
    }
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const value = container[probe]
    if (isObject(value)) causes.push(...validateProbe(value, `${path}.${probe}`, probe))
  }
  causes.push(
    ...supported(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      'FallbackToLogsOnError',
      'File',
    ]),
  )
  causes.push(...validatePorts(objectsOf(container.ports), `${path}.ports`))
  causes.push(...validateEnv(objectsOf(container.env), `${path}.env`))
  causes.push(...validateMounts(objectsOf(container.volumeMounts), `${path}.volumeMounts`, volumes))
  causes.push(...supported(`${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES))
  causes.push(...validateResources(objectOf(container.resources), `${path}.resources`))
  return causes
}

function validateProbe(probe: JsonObject, path: string, kind: string): StatusCause[] {
  const causes = validateHandler(probe, path)
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const value = probe[field]
    if (typeof value === 'number' && value < 0)
      causes.push(invalidValue(`${path}.${field}`, value, NOT_NEGATIVE))
  }
  if (
    kind !== 'readinessProbe' &&
    typeof probe.successThreshold === 'number' &&
    probe.successThreshold !== 1 &&
    probe.successThreshold >= 0
  ) {
    causes.push(invalidValue(`${path}.successThreshold`, probe.successThreshold, 'must be 1'))
  }
  return causes
}

function validateHandler(handler: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const present = HANDLERS.filter(name => handler[name] !== undefined)
  if (present.length === 0 && handler.sleep === undefined)
    return [required(path, 'must specify a handler type')]
  present.forEach((name, index) => {
    if (index > 0) {
      causes.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'))
      return
    }
    const value = objectOf(handler[name])
    if (name === 'exec' && (!Array.isArray(value.command) || value.command.length === 0))
      causes.push(required(`${path}.exec.command`))
    if (name === 'httpGet' || name === 'tcpSocket')
      causes.push(...validateTargetPort(value.port, `${path}.${name}.port`))
    if (name === 'grpc') causes.push(...errors(`${path}.grpc.port`, value.port, isPort(Number(value.port))))
    if (name === 'httpGet')
      causes.push(...supported(`${path}.httpGet.scheme`, value.scheme, ['HTTP', 'HTTPS']))
  })
  return causes
}

/** A port by number or name. */
export function validateTargetPort(port: unknown, path: string): StatusCause[] {
  if (typeof port === 'string') return errors(path, port, isPortName(port))
  return isPort(Number(port)).length === 0 ? [] : [invalidValue(path, port ?? 0, PORT_RANGE)]
}

function validatePorts(ports: readonly JsonObject[], path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const names = new Set<string>()
  ports.forEach((port, index) => {
    const at = `${path}[${index}]`
    const name = textOf(port.name)
    if (name !== '') {
      const problems = isPortName(name)
      causes.push(...errors(`${at}.name`, name, problems))
      if (problems.length === 0 && names.has(name)) causes.push(duplicate(`${at}.name`, name))
      names.add(name)
    }
    const number = port.containerPort
    if (number === undefined || number === 0) causes.push(required(`${at}.containerPort`))
    else causes.push(...errors(`${at}.containerPort`, number, isPort(Number(number))))
    if (typeof port.hostPort === 'number' && port.hostPort !== 0)
      causes.push(...errors(`${at}.hostPort`, port.hostPort, isPort(port.hostPort)))
    causes.push(...supported(`${at}.protocol`, port.protocol, PROTOCOLS))
  })
  return causes
}

function validateEnv(env: readonly JsonObject[], path: string): StatusCause[] {
  return env.flatMap((variable, index) => {
    const at = `${path}[${index}]`
    const name = textOf(variable.name)
    if (name === '') return [required(`${at}.name`)]
    const causes: StatusCause[] = []
    if (name.includes('=')) {
      causes.push(
        invalidValue(
          `${at}.name`,
          name,
          `a valid environment variable name must consist only of printable ASCII characters other than '='`,
        ),
      )
    }
    if (isObject(variable.valueFrom) && textOf(variable.value) !== '') {
      causes.push(invalidValue(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'))
    }
    return causes
  })
}

function validateMounts(
  mounts: readonly JsonObject[],
  path: string,
  volumes: ReadonlySet<string>,
): StatusCause[] {
  const causes: StatusCause[] = []
  const paths = new Set<string>()
  mounts.forEach((mount, index) => {
    const at = `${path}[${index}]`
    const name = textOf(mount.name)
    if (name === '') causes.push(required(`${at}.name`))
    else if (!volumes.has(name)) causes.push(notFoundValue(`${at}.name`, name))
    const target = textOf(mount.mountPath)
    if (target === '') causes.push(required(`${at}.mountPath`))
    if (paths.has(target)) causes.push(invalidValue(`${at}.mountPath`, target, 'must be unique'))
    paths.add(target)
  })
  return causes
}

function validateResources(resources: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = []
  const limits = objectOf(resources.limits)
  const requests = objectOf(resources.requests)
  for (const [field, values] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const at = `${path}.${field}`
      if (
        !['cpu', 'memory', 'ephemeral-storage'].includes(name) &&
        !name.startsWith('hugepages-') &&
        !name.includes('/')
      ) {
        causes.push(
          invalidValue(`${at}[${name}]`, name, 'must be a standard resource type or fully qualified'),
        )
        causes.push(invalidValue(`${at}[${name}]`, name, 'must be a standard resource for containers'))
      }
      if (nanoOf(value) < 0n) causes.push(invalidValue(`${at}[${name}]`, value, NOT_NEGATIVE))
    }
  }
  for (const [name, value] of Object.entries(requests).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const limit = limits[name]
    if (limit !== undefined && nanoOf(value) > nanoOf(limit)) {
      causes.push(
        invalidValue(`${path}.requests`, value, `must be less than or equal to ${name} limit of ${limit}`),
      )
    }
  }
  return causes
}
