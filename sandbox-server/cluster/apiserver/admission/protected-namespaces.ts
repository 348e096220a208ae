/** NamespaceLifecycle: the first namespaces may not be deleted. */
import type { AdmissionRequest } from '../admission.ts'
import { forbidden } from '../status.ts'

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

/** Throws a 403 StatusError for a deletion that is never allowed. */
export function protectNamespaces(request: AdmissionRequest): void {
  const { operation, resource, object } = request
  if (operation !== 'DELETE' || resource.resource !== 'namespaces' || resource.group !== '') return
  const { name = '' } = object.metadata
  if (IMMORTAL.has(name)) throw forbidden('', 'namespaces', name, 'this namespace may not be deleted')
}
