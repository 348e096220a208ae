/** DestinationRules: hosts and subsets that are there, and TLS that verifies whom it talks to. */
import { type Json, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../../../text/json.ts'
import { stringMap } from '../../../text/string-map.ts'
import type { Analyzer } from '../analyzer.ts'
import { HostIndex } from '../hosts.ts'
import { fullName, type Resource, type ResourceSet } from '../resources.ts'
import { type Labels, selects } from '../selectors.ts'

export const caCertificates: Analyzer = {
  name: 'destinationrule.CaCertificateAnalyzer',
  description: 'Checks if caCertificates is set when TLS mode is SIMPLE/MUTUAL',
  inputs: ['DestinationRule'],
  analyze(resources, report) {
    for (const rule of resources.list('DestinationRule')) {
      const policy = objectOf(rule.spec['trafficPolicy'])
      const words = (tls: Json) => [
        fullName(rule),
        rule.namespace,
        stringOf(tls['mode']),
        stringOf(rule.spec['host']),
      ]
      const tls = objectOf(policy['tls'])
      if (isUnverified(tls, rule))
        report(
          'NoServerCertificateVerificationDestinationLevel',
          rule,
          words(tls),
          'spec.trafficPolicy.tls.caCertificates',
        )
      objectsOf(policy['portLevelSettings']).forEach((setting, index) => {
        const own = objectOf(setting['tls'])
        const port = `number:${numberOf(objectOf(setting['port'])['number'])}`
        const field = `spec.trafficPolicy.portLevelSettings[${index}].tls.caCertificates`
        if (isUnverified(own, rule))
          report('NoServerCertificateVerificationPortLevel', rule, [...words(own), port], field)
      })
    }
  },
}

function isUnverified(tls: Json, { spec }: Resource): boolean {
  if (tls['mode'] !== 'SIMPLE' && tls['mode'] !== 'MUTUAL') return false
  const hasCredential = stringOf(tls['credentialName']) !== '' && spec['workloadSelector'] !== undefined
  return stringOf(tls['caCertificates']) === '' && !hasCredential
}

export const subsetsSelectPods: Analyzer = {
  name: 'destinationrule.SubsetSelectPodAnalyzer',
  description: 'Checks if pods are selected by subsets in destination rules.',
  inputs: ['DestinationRule', 'Pod', 'Service', 'ServiceEntry', 'Node'],
  analyze(resources, report) {
    const index = new HostIndex(resources)
    const pods = podLabels(resources)
    for (const rule of resources.list('DestinationRule')) {
      const host = stringOf(rule.spec['host'])
      const service = index.find(rule.namespace, stringsOf(rule.spec['exportTo']), host)
      if (!service) {
        report('UnknownDestinationRuleHost', rule, [host])
        continue
      }
      for (const { name, labels } of objectsOf(rule.spec['subsets'])) {
        const selector = { ...service.workloadSelector, ...stringMap(labels) }
        if (!pods.some(own => selects(selector, own)))
          report('DestinationRuleSubsetNotSelectPods', rule, [stringOf(name)])
      }
    }
  },
}

const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']

/** With the labels that istiod adds from a pod's node. */
function podLabels(resources: ResourceSet): Labels[] {
  return resources.list('Pod').map(({ labels, spec }) => {
    const nodeName = stringOf(spec['nodeName'])
    const node = resources.find('Node', '', nodeName)
    const topology = TOPOLOGY.map(key => [key, node?.labels[key] ?? '']).filter(([, value]) => value !== '')
    return {
      ...labels,
      ...Object.fromEntries(topology),
      ...(nodeName === '' ? {} : { 'kubernetes.io/hostname': nodeName }),
    }
  })
}
