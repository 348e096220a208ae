/**
 * NetworkAttachmentDefinition of Multus: on OpenShift a project of the mesh names `istio-cni` by one. Redirection is the
 * pod network's own business here, so it is kept and nothing more.
 */
import { kindSchema, object, text } from '../../schema/declare.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const SCHEMA = kindSchema({ spec: object({ config: text }) })

export const networkAttachmentDefinition: Kind = {
  group: 'k8s.cni.cncf.io',
  version: 'v1',
  kind: 'NetworkAttachmentDefinition',
  plural: 'network-attachment-definitions',
  singular: 'network-attachment-definition',
  shortNames: ['net-attach-def'],
  namespaced: true,
  nameRule: 'subdomain',
  generation: true,
  schema: () => SCHEMA,
  columns: [NAME_COLUMN, AGE_COLUMN],
  row: (found, now) => [found.metadata.name, age(found, now)],
}
