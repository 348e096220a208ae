/** Name resolution for applications that run in this process: the search path and ndots of a pod's resolv.conf. */
import { answer } from './answer.ts'
import type { DnsView } from './view.ts'

/** Names with at least so many dots are tried as they are first. */
const NDOTS = 5

/** The IPv4 address a pod of `namespace` gets for `name`, the first of several; undefined when there is none. */
export function resolveIn(view: DnsView, name: string, namespace: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return name
  for (const candidate of candidates(name, namespace, view.clusterDomain)) {
    const found = answer({ name: candidate, type: 'A' }, view).answers.find(record => record.type === 'A')
    if (found?.type === 'A') return found.data
  }
  return undefined
}

function candidates(name: string, namespace: string, clusterDomain: string): string[] {
  if (name.endsWith('.')) return [name]
  const searched = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain].map(
    suffix => `${name}.${suffix}`,
  )
  const dots = name.split('.').length - 1
  return dots >= NDOTS ? [name, ...searched] : [...searched, name]
}
