/**
 * Where istiod (and anything else) has its say in a write, between defaulting and validation, as admission webhooks do
 * in a real cluster. Plug-ins are called in order; mutating ones first.
 */
import type { ApiObject, GroupResource, NewObject } from './api.ts'

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE'
  resource: GroupResource
  namespace: string | undefined
  dryRun: boolean
  /** The object as it would be stored. Mutating plug-ins return a changed copy. */
  object: NewObject
  oldObject?: ApiObject
  /** Labels of the object's namespace ({} for cluster-scoped ones). */
  namespaceLabels: Readonly<Record<string, string>>
}

export interface AdmissionVerdict {
  /** Sent as Warning headers. */
  warnings?: string[]
  /** Refuses the write. `message` is the whole text after `admission webhook "<webhook>" denied the request: `. */
  denied?: { webhook: string; code: number; message: string }
}

export interface AdmissionPlugin {
  name: string
  handles(request: AdmissionRequest): boolean
  mutate?(request: AdmissionRequest): NewObject
  validate?(request: AdmissionRequest): AdmissionVerdict
}
