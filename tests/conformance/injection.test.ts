/**
 * Pods as the real istiod injected them. What the API server adds (defaults, the service account's token) is taken
 * away from the recording first: here only istiod's part is looked at.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { NewObject } from '../../sandbox-server/cluster/apiserver/api.ts'
import { sidecarInjector } from '../../sandbox-server/cluster/istiod/injection/index.ts'

const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
})

const entry = z.object({
  about: z.string(),
  input: object,
  namespaceLabels: z.record(z.string(), z.string()),
  stored: object,
})

const recorded = z
  .array(z.looseObject({}))
  .parse(
    JSON.parse(readFileSync(join(import.meta.dirname, 'recordings', 'kubernetes', 'defaults.json'), 'utf8')),
  )
  .filter(one => one.namespaceLabels !== undefined)
  .map(one => entry.parse(one))

const TOKEN = { mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true }

type Json = Record<string, unknown>

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const maps = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isMap) : [])

const withDefaults = (container: Json): Json => {
  const probe = (name: string): Json => {
    const given = container[name]
    if (!isMap(given)) return {}
    const http = isMap(given.httpGet) ? { httpGet: { scheme: 'HTTP', ...given.httpGet } } : {}
    const defaults = { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 }
    return { [name]: { ...defaults, ...given, ...http } }
  }
  const resources = isMap(container.resources) ? container.resources : {}
  const limits = isMap(resources.limits) ? resources.limits : undefined
  const requests = limits
    ? { requests: { ...limits, ...(isMap(resources.requests) ? resources.requests : {}) } }
    : {}
  return {
    imagePullPolicy: String(container.image).includes(':') ? 'IfNotPresent' : 'Always',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...container,
    resources: { ...resources, ...requests },
    ...probe('readinessProbe'),
    ...probe('livenessProbe'),
    ...probe('startupProbe'),
    ...(container.ports ? { ports: maps(container.ports).map(port => ({ protocol: 'TCP', ...port })) } : {}),
  }
}

const withoutToken = (list: unknown): Json[] =>
  maps(list).filter(item => !String(item.name).startsWith('kube-api-access-'))

const comparable = (container: Json): Json => {
  const { volumeMounts, ...rest } = withDefaults(container)
  return { ...rest, volumeMounts: withoutToken(volumeMounts) }
}

const DOWNWARD = { defaultMode: 420 }

const comparableVolume = (volume: Json): Json => {
  const changed = Object.entries(volume).map(([key, value]): [string, unknown] => [
    key,
    ['downwardAPI', 'projected', 'configMap'].includes(key) && isMap(value)
      ? { ...DOWNWARD, ...value }
      : value,
  ])
  return Object.fromEntries(changed)
}

const comparablePod = (pod: Json) => {
  const spec = isMap(pod.spec) ? pod.spec : {}
  const metadata = isMap(pod.metadata) ? pod.metadata : {}
  return {
    labels: metadata.labels,
    annotations: metadata.annotations,
    containers: maps(spec.containers).map(comparable),
    initContainers: maps(spec.initContainers).map(comparable),
    volumes: withoutToken(spec.volumes).map(comparableVolume),
    sysctls: isMap(spec.securityContext) ? spec.securityContext.sysctls : undefined,
  }
}

/** As the pod is when istiod sees it: defaulted, and with its token. */
const onArrival = (input: NewObject): NewObject => {
  const spec = isMap(input.spec) ? input.spec : {}
  const containers = maps(spec.containers).map(container => ({
    ...withDefaults(container),
    volumeMounts: [{ name: 'kube-api-access-<HASH>', ...TOKEN }],
  }))
  return { ...input, metadata: { ...input.metadata, namespace: 'gallery' }, spec: { ...spec, containers } }
}

describe('the sidecar injector', () => {
  const injector = sidecarInjector({ meshProxyConfig: () => ({ discoveryAddress: '<IP>:15010' }) })

  it('has recordings to compare with', () => {
    expect(recorded.length).toBeGreaterThan(3)
  })

  for (const { about, input, namespaceLabels, stored } of recorded) {
    it(`makes of a pod what the real one does: ${about}`, () => {
      if (!injector.mutate) throw new Error('the injector changes nothing')
      const pod = injector.mutate({
        operation: 'CREATE',
        resource: { group: '', resource: 'pods' },
        namespace: 'gallery',
        dryRun: false,
        object: onArrival(input),
        namespaceLabels,
      })
      expect(comparablePod(pod)).toEqual(comparablePod(stored))
    })
  }
})
