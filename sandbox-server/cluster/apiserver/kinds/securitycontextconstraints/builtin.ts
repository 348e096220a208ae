/** The constraints an OpenShift cluster begins with, as far as lessons name them, after its `restricted`, `anyuid` and `privileged`. */
import type { NewObject } from '../../api.ts'

const PLAIN_VOLUMES = [
  'configMap',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]
const ANY = { type: 'RunAsAny' }
const RANGE = { type: 'MustRunAs' }

interface Constraints {
  description: string
  fields: Record<string, unknown>
}

const restricted = {
  allowPrivilegeEscalation: true,
  fsGroup: RANGE,
  requiredDropCapabilities: ['KILL', 'MKNOD', 'SETUID', 'SETGID'],
  runAsUser: { type: 'MustRunAsRange' },
  seLinuxContext: RANGE,
  supplementalGroups: ANY,
  volumes: PLAIN_VOLUMES,
}

const BUILTIN: Readonly<Record<string, Constraints>> = {
  anyuid: {
    description:
      'anyuid provides all features of the restricted SCC but allows users to run with any UID and any GID.',
    fields: {
      ...restricted,
      fsGroup: ANY,
      groups: ['system:cluster-admins'],
      priority: 10,
      requiredDropCapabilities: ['MKNOD'],
      runAsUser: ANY,
    },
  },
  nonroot: {
    description:
      'nonroot provides all features of the restricted SCC but allows users to run with any non-root UID.',
    fields: { ...restricted, fsGroup: ANY, runAsUser: { type: 'MustRunAsNonRoot' } },
  },
  privileged: {
    description:
      'privileged allows access to all privileged and host features and the ability to run as any user, any group, any fsGroup, and with any SELinux context.  WARNING: this is the most relaxed SCC and should be used only for cluster administration. Grant with caution.',
    fields: {
      allowHostDirVolumePlugin: true,
      allowHostIPC: true,
      allowHostNetwork: true,
      allowHostPID: true,
      allowHostPorts: true,
      allowPrivilegeEscalation: true,
      allowPrivilegedContainer: true,
      allowedCapabilities: ['*'],
      allowedUnsafeSysctls: ['*'],
      fsGroup: ANY,
      groups: ['system:cluster-admins', 'system:nodes', 'system:masters'],
      runAsUser: ANY,
      seLinuxContext: ANY,
      seccompProfiles: ['*'],
      supplementalGroups: ANY,
      users: ['system:admin', 'system:serviceaccount:openshift-infra:build-controller'],
      volumes: ['*'],
    },
  },
  restricted: {
    description:
      'restricted denies access to all host features and requires pods to be run with a UID, and SELinux context that are allocated to the namespace.',
    fields: restricted,
  },
  'restricted-v2': {
    description:
      'restricted-v2 denies access to all host features and requires pods to be run with a UID, and SELinux context that are allocated to the namespace. This is the most restrictive SCC and it is used by default for authenticated users. On top of the legacy restricted SCC, it also requires to drop ALL capabilities and does not allow privilege escalation binaries.',
    fields: {
      ...restricted,
      allowPrivilegeEscalation: false,
      allowedCapabilities: ['NET_BIND_SERVICE'],
      requiredDropCapabilities: ['ALL'],
      seccompProfiles: ['runtime/default'],
    },
  },
}

/** The objects, to be created where there are none yet. */
export const builtinConstraints = (): NewObject[] =>
  Object.entries(BUILTIN).map(([name, { description, fields }]) => ({
    apiVersion: 'security.openshift.io/v1',
    kind: 'SecurityContextConstraints',
    metadata: { name, annotations: { 'kubernetes.io/description': description } },
    ...fields,
  }))
