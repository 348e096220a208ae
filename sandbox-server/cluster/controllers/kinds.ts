/**
 * The kinds the controllers read and write, as the API stores them (defaults filled in), with their collections.
 * Field shapes are `kubernetes-types`; what newer servers added is added here.
 */
import type {
  DeploymentCondition,
  DeploymentSpec,
  DeploymentStatus as DeploymentStatusV130,
  ReplicaSetSpec,
  ReplicaSetStatus as ReplicaSetStatusV130,
} from 'kubernetes-types/apps/v1.js'
import type { JobSpec as JobSpecV130, JobStatus as JobStatusV130 } from 'kubernetes-types/batch/v1.js'
import type { LeaseSpec } from 'kubernetes-types/coordination/v1.js'
import type {
  EndpointSubset,
  EventSource,
  NamespaceSpec,
  NamespaceStatus,
  NodeSpec,
  NodeStatus,
  ObjectReference,
  PodSpec,
  PodStatus,
  ResourceQuotaSpec,
  ResourceQuotaStatus,
  ServiceSpec,
  ServiceStatus as ServiceStatusV130,
} from 'kubernetes-types/core/v1.js'
import type { Endpoint, EndpointPort } from 'kubernetes-types/discovery/v1.js'
import type { AggregationRule, PolicyRule } from 'kubernetes-types/rbac/v1.js'
import type { ApiObject, GroupResource } from '../apiserver/api.ts'

export type {
  DeploymentCondition,
  DeploymentSpec,
  Endpoint,
  EndpointPort,
  EndpointSubset,
  PodSpec,
  PodStatus,
}

export interface DeploymentStatus extends DeploymentStatusV130 {
  terminatingReplicas?: number
}
export interface ReplicaSetStatus extends ReplicaSetStatusV130 {
  terminatingReplicas?: number
}
export interface JobSpec extends JobSpecV130 {
  podReplacementPolicy?: string
}
export interface JobStatus extends JobStatusV130 {
  ready?: number
  terminating?: number
}

export interface Deployment extends ApiObject {
  spec: DeploymentSpec
  status?: DeploymentStatus
}
export interface ReplicaSet extends ApiObject {
  spec: ReplicaSetSpec
  status?: ReplicaSetStatus
}
export interface Job extends ApiObject {
  spec: JobSpec
  status?: JobStatus
}
export interface Pod extends ApiObject {
  spec: PodSpec
  status?: PodStatus
}
export interface Node extends ApiObject {
  spec?: NodeSpec
  status?: NodeStatus
}
export interface Service extends ApiObject {
  spec: ServiceSpec & { trafficDistribution?: string }
  status?: ServiceStatusV130
}
export interface Endpoints extends ApiObject {
  subsets?: EndpointSubset[]
}
export interface EndpointSlice extends ApiObject {
  addressType: string
  endpoints?: Endpoint[] | null
  ports?: EndpointPort[] | null
}
export interface Namespace extends ApiObject {
  spec?: NamespaceSpec
  status?: NamespaceStatus
}
export interface ConfigMap extends ApiObject {
  data?: Record<string, string>
}
export interface ResourceQuota extends ApiObject {
  spec?: ResourceQuotaSpec
  status?: ResourceQuotaStatus
}
export interface ClusterRole extends ApiObject {
  aggregationRule?: AggregationRule
  rules?: PolicyRule[] | null
}
export interface Lease extends ApiObject {
  spec?: LeaseSpec
}
export interface CustomResourceDefinition extends ApiObject {
  spec: {
    group: string
    scope: string
    names: { plural: string; kind: string }
  }
  status?: { conditions?: { type: string; status: string }[] }
}
export interface Event extends ApiObject {
  involvedObject: ObjectReference
  reason?: string
  message?: string
  type?: string
  count?: number
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  eventTime?: string | null
  source?: EventSource
  series?: { count?: number; lastObservedTime?: string }
}

const core = (resource: string): GroupResource => ({ group: '', resource })

export const PODS = core('pods')
export const NODES = core('nodes')
export const SERVICES = core('services')
export const ENDPOINTS = core('endpoints')
export const NAMESPACES = core('namespaces')
export const CONFIG_MAPS = core('configmaps')
export const SERVICE_ACCOUNTS = core('serviceaccounts')
export const RESOURCE_QUOTAS = core('resourcequotas')
export const EVENTS = core('events')
export const DEPLOYMENTS: GroupResource = { group: 'apps', resource: 'deployments' }
export const REPLICA_SETS: GroupResource = { group: 'apps', resource: 'replicasets' }
export const JOBS: GroupResource = { group: 'batch', resource: 'jobs' }
export const LEASES: GroupResource = { group: 'coordination.k8s.io', resource: 'leases' }
export const ENDPOINT_SLICES: GroupResource = { group: 'discovery.k8s.io', resource: 'endpointslices' }
export const CLUSTER_ROLES: GroupResource = { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' }
export const CUSTOM_RESOURCE_DEFINITIONS: GroupResource = {
  group: 'apiextensions.k8s.io',
  resource: 'customresourcedefinitions',
}
