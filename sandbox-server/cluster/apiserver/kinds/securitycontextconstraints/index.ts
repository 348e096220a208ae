/**
 * SecurityContextConstraints of OpenShift: what the pods of some users may ask of their node. Readable and grantable
 * (`oc adm policy add-scc-to-…`); not enforced, since every pod here runs without rights anyway.
 */
import { type JsonObject, objectOf, textOf } from '../../json.ts'
import { bool, int32, int64, kindSchema, list, object, text } from '../../schema/declare.ts'
import { column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'

export { builtinConstraints } from './builtin.ts'

const ranges = list(object({ max: int64, min: int64 }))
const REQUIRED = [
  'allowHostDirVolumePlugin',
  'allowHostIPC',
  'allowHostNetwork',
  'allowHostPID',
  'allowHostPorts',
  'allowPrivilegedContainer',
  'readOnlyRootFilesystem',
]

const SCHEMA = kindSchema({
  allowHostDirVolumePlugin: bool,
  allowHostIPC: bool,
  allowHostNetwork: bool,
  allowHostPID: bool,
  allowHostPorts: bool,
  allowPrivilegeEscalation: bool,
  allowPrivilegedContainer: bool,
  allowedCapabilities: list(text),
  allowedFlexVolumes: list(object({ driver: text })),
  allowedUnsafeSysctls: list(text),
  defaultAddCapabilities: list(text),
  defaultAllowPrivilegeEscalation: bool,
  forbiddenSysctls: list(text),
  fsGroup: object({ ranges, type: text }),
  groups: list(text),
  priority: int32,
  readOnlyRootFilesystem: bool,
  requiredDropCapabilities: list(text),
  runAsUser: object({ type: text, uid: int64, uidRangeMax: int64, uidRangeMin: int64 }),
  seLinuxContext: object({
    seLinuxOptions: object({ level: text, role: text, type: text, user: text }),
    type: text,
  }),
  seccompProfiles: list(text),
  supplementalGroups: object({ ranges, type: text }),
  users: list(text),
  volumes: list(text),
})

function defaults(constraints: JsonObject): void {
  for (const field of REQUIRED) constraints[field] ??= false
  for (const field of [
    'priority',
    'defaultAddCapabilities',
    'requiredDropCapabilities',
    'allowedCapabilities',
  ])
    constraints[field] ??= null
  for (const field of ['users', 'groups']) constraints[field] ??= []
}

const NO_VALUE = '<no value>'
const shown = (value: unknown): string =>
  value === undefined || value === null ? NO_VALUE : typeof value === 'string' ? value : JSON.stringify(value)
const strategy = (value: unknown): string => textOf(objectOf(value).type) || NO_VALUE

export const securityContextConstraints: Kind = {
  group: 'security.openshift.io',
  version: 'v1',
  kind: 'SecurityContextConstraints',
  listKind: 'SecurityContextConstraintsList',
  plural: 'securitycontextconstraints',
  singular: 'securitycontextconstraint',
  shortNames: ['scc'],
  namespaced: false,
  nameRule: 'subdomain',
  generation: true,
  schema: () => SCHEMA,
  defaults,
  columns: [
    NAME_COLUMN,
    column('Priv', 'string', 'Determines if a container can request to be run as privileged'),
    column('Caps', 'string', 'A list of capabilities that can be requested to add to the container'),
    column('SELinux', 'string', 'Strategy that will dictate what labels will be set in the SecurityContext'),
    column('RunAsUser', 'string', 'Strategy that will dictate what RunAsUser is used in the SecurityContext'),
    column('FSGroup', 'string', 'Strategy that will dictate what fs group is used by the SecurityContext'),
    column(
      'SupGroup',
      'string',
      'Strategy that will dictate what supplemental groups are used by the SecurityContext',
    ),
    column('Priority', 'string', 'Sort order of SCCs'),
    column('ReadOnlyRootFS', 'string', 'Force containers to run with a read only root file system'),
    column('Volumes', 'string', 'White list of allowed volume plugins'),
  ],
  row: found => [
    found.metadata.name,
    shown(found.allowPrivilegedContainer),
    shown(found.allowedCapabilities),
    strategy(found.seLinuxContext),
    strategy(found.runAsUser),
    strategy(found.fsGroup),
    strategy(found.supplementalGroups),
    shown(found.priority),
    shown(found.readOnlyRootFilesystem),
    shown(found.volumes),
  ],
}
