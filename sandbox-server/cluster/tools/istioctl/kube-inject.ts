/** `istioctl kube-inject`: workloads with their sidecars, as the webhook would make their pods. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Pod } from 'kubernetes-types/core/v1.js'
import { parse } from 'yaml'
import {
  injectionRequired,
  injectPodSpec,
  type ProxyConfig,
  type Workload,
} from '../../istiod/injection/index.ts'
import { goTags } from '../../yaml-tags.ts'
import { type Command, CommandError, type Flags, type Streams } from '../cli/command.ts'
import { toYaml } from '../text/go-yaml.ts'
import { type Json, objectOf, objectsOf, stringOf } from '../text/json.ts'
import { chunksOf } from './analyze/files.ts'
import { parseMesh } from './analyze/live.ts'
import { withCluster } from './global-flags.ts'
import { XDS_FLAGS } from './proxy-status.ts'

const TEMPLATED = [
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'Pod',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
]

export const kubeInject: Command = {
  use: 'kube-inject',
  short: 'Inject Istio sidecar into Kubernetes pod resources',
  long: `
kube-inject manually injects the Istio sidecar into Kubernetes
workloads. Unsupported resources are left unmodified so it is safe to
run kube-inject over a single file that contains multiple Service,
ConfigMap, Deployment, etc. definitions for a complex application. When in
doubt re-run istioctl kube-inject on deployments to get the most up-to-date changes.

It's best to do kube-inject when the resource is initially created.
`,
  example: `  # Update resources on the fly before applying.
  kubectl apply -f <(istioctl kube-inject -f <resource.yaml>)

  # Create a persistent version of the deployment with Istio sidecar injected.
  istioctl kube-inject -f deployment.yaml -o deployment-injected.yaml

  # Update an existing deployment.
  kubectl get deployment -o yaml | istioctl kube-inject -f - | kubectl apply -f -

  # Capture cluster configuration for later use with kube-inject
  kubectl -n istio-system get cm istio-sidecar-injector  -o jsonpath="{.data.config}" > <FILE>
  kubectl -n istio-system get cm istio -o jsonpath="{.data.mesh}" > <FILE>
  kubectl -n istio-system get cm istio-sidecar-injector -o jsonpath="{.data.values}" > <FILE>

  # Use kube-inject based on captured configuration
  istioctl kube-inject -f samples/bookinfo/platform/kube/bookinfo.yaml \\
    --injectConfigFile <FILE> \\
    --meshConfigFile <FILE> \\
    --valuesFile <FILE>
`,
  hiddenFlags: ['namespace'],
  flags: [
    ...XDS_FLAGS,
    { name: 'filename', short: 'f', type: 'string', usage: 'Input Kubernetes resource filename' },
    {
      name: 'injectConfigFile',
      type: 'string',
      usage: 'Injection configuration filename. Cannot be used with --injectConfigMapName',
    },
    {
      name: 'meshConfigFile',
      type: 'string',
      usage: 'Mesh configuration filename. Takes precedence over --meshConfigMapName if set',
    },
    {
      name: 'meshConfigMapName',
      type: 'string',
      default: 'istio',
      usage: 'ConfigMap name for Istio mesh configuration, key should be "mesh"',
    },
    {
      name: 'operatorFileName',
      type: 'string',
      usage:
        'Path to file containing IstioOperator custom resources. If configs from files like meshConfigFile, valuesFile are provided, they will be overridden by iop config values.',
    },
    { name: 'output', short: 'o', type: 'string', usage: 'Modified output Kubernetes resource filename' },
    { name: 'valuesFile', type: 'string', usage: 'Injection values configuration filename.' },
    {
      name: 'webhookConfig',
      type: 'string',
      default: 'istio-sidecar-injector',
      usage: 'MutatingWebhookConfiguration name for Istio',
    },
  ],
  async run({ flags, streams }) {
    const file = flags.string('filename')
    if (file === '') throw new CommandError('filename not specified (see --filename or -f)')
    const source = file === '-' ? streams.stdin() : readFileSync(file, 'utf8')
    const mesh = await meshOf(flags)
    const injected = injectFile(source, objectOf(mesh['defaultConfig']), streams)
    const output = flags.string('output')
    if (output === '') streams.stdout(injected)
    else writeFileSync(output, injected)
    return 0
  },
}

async function meshOf(flags: Flags): Promise<Json> {
  const file = flags.string('meshConfigFile')
  if (file !== '') return parseMesh(readFileSync(file, 'utf8'))
  return withCluster(flags, async ({ client, istioNamespace }) => {
    const name = flags.string('meshConfigMapName')
    const map = await client.find(`/api/v1/namespaces/${istioNamespace}/configmaps/${name}`)
    if (!map)
      throw new CommandError(
        `could not read valid configmap ${JSON.stringify(name)} from namespace ${JSON.stringify(istioNamespace)}: configmaps ${JSON.stringify(name)} not found - Use --meshConfigFile or re-run kube-inject with \`-i <istioSystemNamespace> and ensure valid MeshConfig exists`,
      )
    return parseMesh(stringOf(objectOf(map['data'])['mesh']))
  })
}

/** Documents in their order; what is no workload stays as it was written. */
export function injectFile(source: string, proxyConfig: Json, { stderr }: Pick<Streams, 'stderr'>): string {
  const inject = (object: Json): Json => injectObject(object, proxyConfig, stderr)
  return chunksOf(source)
    .map(({ text }) => {
      const object = objectOf(parse(text, { version: '1.1', merge: true, customTags: goTags }))
      const kind = stringOf(object['kind'])
      if (kind === 'List')
        return toYaml({
          ...object,
          metadata: objectOf(object['metadata']),
          items: objectsOf(object['items']).map(item =>
            TEMPLATED.includes(stringOf(item['kind'])) ? inject(item) : item,
          ),
        })
      return TEMPLATED.includes(kind) ? toYaml(inject(object)) : `${text.replace(/\n*$/, '')}\n`
    })
    .map(document => `${document}---\n`)
    .join('')
}

function injectObject(object: Json, proxyConfig: ProxyConfig & Json, stderr: (text: string) => void): Json {
  const { kind } = object
  if (kind === 'Pod')
    return {
      ...object,
      ...injectTemplate(object, object, proxyConfig, stderr),
      status: objectOf(object['status']),
    }
  const spec = objectOf(object['spec'])
  if (kind === 'CronJob') {
    const job = objectOf(spec['jobTemplate'])
    const jobSpec = objectOf(job['spec'])
    const template = injectTemplate(objectOf(jobSpec['template']), object, proxyConfig, stderr)
    return withTypedFields({
      ...object,
      spec: { ...spec, jobTemplate: { metadata: {}, ...job, spec: { ...jobSpec, template } } },
    })
  }
  return withTypedFields({
    ...object,
    spec: { ...spec, template: injectTemplate(objectOf(spec['template']), object, proxyConfig, stderr) },
  })
}

/** Kubernetes' types are written with these fields even where they are empty. */
function withTypedFields(object: Json): Json {
  const spec = objectOf(object['spec'])
  const strategy = object['kind'] === 'Deployment' ? { strategy: objectOf(spec['strategy']) } : {}
  return { ...object, spec: { ...spec, ...strategy }, status: objectOf(object['status']) }
}

function injectTemplate(
  template: Json,
  owner: Json,
  meshProxyConfig: ProxyConfig,
  stderr: (text: string) => void,
): Json {
  const { name, namespace } = objectOf(owner['metadata'])
  const pod = podOf(template)
  const kind = stringOf(owner['kind'])
  const full = namespace === undefined ? stringOf(name) : `${stringOf(namespace)}/${stringOf(name)}`
  const skip = (why: string) =>
    stderr(`===> Skipping injection because ${kind} ${JSON.stringify(full)} has ${why}\n`)
  if (pod.spec?.hostNetwork === true) skip('host networking enabled')
  else if (!injectionRequired(pod, stringOf(namespace))) skip('sidecar injection disabled')
  else {
    const workload: Workload = { apiVersion: stringOf(owner['apiVersion']), kind, name: stringOf(name) }
    const result = injectPodSpec(pod, {
      namespace: stringOf(namespace) || 'default',
      meshProxyConfig,
      workload,
    })
    if ('error' in result) throw new CommandError(result.error.trimEnd())
    return {
      ...template,
      metadata: objectOf(result.pod.metadata),
      spec: withResources(objectOf(result.pod.spec)),
    }
  }
  return template
}

const podOf = (template: Json): Pod => {
  const { metadata, spec } = template
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...objectOf(metadata) },
    spec: { containers: [], ...objectOf(spec) },
  }
}

function withResources(spec: Json): Json {
  const fill = (containers: unknown) =>
    objectsOf(containers).map(container => ({ resources: {}, ...container }))
  const { containers, initContainers } = spec
  return {
    ...spec,
    containers: fill(containers),
    ...(initContainers === undefined ? {} : { initContainers: fill(initContainers) }),
  }
}
