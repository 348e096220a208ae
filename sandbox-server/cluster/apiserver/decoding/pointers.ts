/**
 * Scalar fields that are pointers in Go's types: their zero value differs from absence and is kept. OpenAPI does not
 * tell, hence this list (k8s.io/api, the kinds served here).
 */
export const POINTER_FIELDS: ReadonlySet<string> = new Set([
  'activeDeadlineSeconds', 'allocateLoadBalancerNodePorts', 'allowPrivilegeEscalation', 'appProtocol',
  'automountServiceAccountToken', 'backoffLimit', 'backoffLimitPerIndex', 'blockOwnerDeletion', 'completionMode',
  'completions', 'controller', 'defaultMode', 'deletionGracePeriodSeconds', 'enableServiceLinks', 'endPort',
  'expirationSeconds', 'fsGroup', 'fsGroupChangePolicy', 'holderIdentity', 'hostUsers', 'immutable',
  'ingressClassName', 'internalTrafficPolicy', 'leaseDurationSeconds', 'leaseTransitions', 'manualSelector',
  'maxFailedIndexes', 'minDomains', 'mode', 'optional', 'parallelism', 'pathType', 'podReplacementPolicy', 
  'preemptionPolicy', 'privileged', 'procMount', 'progressDeadlineSeconds', 'readOnlyRootFilesystem',
  'ready', 'replicas', 'revisionHistoryLimit', 'runAsGroup', 'runAsNonRoot', 'runAsUser',
  'runtimeClassName', 'scope', 'serving', 'setHostnameAsFQDN', 'shareProcessNamespace', 'started', 'storageClassName', 'suspend',
  'terminating', 'terminatingReplicas', 'terminationGracePeriodSeconds', 'tolerationSeconds', 'ttlSecondsAfterFinished',
  'uncountedTerminatedPods', 'volumeMode', 'zone',
])
