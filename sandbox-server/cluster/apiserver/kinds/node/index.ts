/** Node, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { clone, objectOf, objectsOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const ADDRESSES =
  "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP)."
const ROLE_LABEL = 'node-role.kubernetes.io/'

function readiness(node: ApiObject): string {
  const ready = objectsOf(objectOf(node.status).conditions).find(condition => condition.type === 'Ready')
  const words = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown']
  if (objectOf(node.spec).unschedulable === true) words.push('SchedulingDisabled')
  return words.join(',')
}

function roles(node: ApiObject): string {
  const found = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) =>
    key.startsWith(ROLE_LABEL)
      ? [key.slice(ROLE_LABEL.length)]
      : key === 'kubernetes.io/role' && value !== ''
        ? [value]
        : [],
  )
  return [...new Set(found)].sort().join(',') || '<none>'
}

function address(node: ApiObject, type: string): string {
  const found = objectsOf(objectOf(node.status).addresses).find(candidate => candidate.type === type)
  return textOf(found?.address) || '<none>'
}

export const node: Kind = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  namespaced: false,
  nameRule: 'subdomain',
  shortNames: ['no'],
  status: true,
  schema: () => definition('io.k8s.api.core.v1.Node'),
  prepareCreate: (object, { internal }) => {
    const spec = objectOf(object.spec)
    object.spec = spec
    const isTainted = objectsOf(spec.taints).some(taint => taint.key === 'node.kubernetes.io/not-ready')
    // TaintNodesByCondition: a new node is not ready until its kubelet says so.
    if (!internal && !isTainted) {
      spec.taints = [...objectsOf(spec.taints), { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]
    }
    const status = objectOf(object.status)
    object.status = Object.keys(status).length > 0 ? status : clone(EMPTY_STATUS)
  },
  fields: { 'spec.unschedulable': object => String(objectOf(object.spec).unschedulable ?? false) },
  columns: [
    NAME_COLUMN,
    column('Status', 'string', 'The status of the node'),
    column('Roles', 'string', 'The roles of the node'),
    AGE_COLUMN,
    column('Version', 'string', 'Kubelet Version reported by the node.'),
    wide('Internal-IP', ADDRESSES),
    wide('External-IP', ADDRESSES),
    wide(
      'OS-Image',
      'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).',
    ),
    wide(
      'Kernel-Version',
      "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
    ),
    wide(
      'Container-Runtime',
      'ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).',
    ),
  ],
  row: (object, now) => {
    const info = objectOf(objectOf(object.status).nodeInfo)
    return [
      object.metadata.name,
      readiness(object),
      roles(object),
      age(object, now),
      textOf(info.kubeletVersion),
      address(object, 'InternalIP'),
      address(object, 'ExternalIP'),
      textOf(info.osImage) || '<unknown>',
      textOf(info.kernelVersion) || '<unknown>',
      textOf(info.containerRuntimeVersion) || '<unknown>',
    ]
  },
}

const EMPTY_STATUS = {
  daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  nodeInfo: {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '',
    osImage: '',
    containerRuntimeVersion: '',
    kubeletVersion: '',
    kubeProxyVersion: '',
    operatingSystem: '',
    architecture: '',
  },
}
