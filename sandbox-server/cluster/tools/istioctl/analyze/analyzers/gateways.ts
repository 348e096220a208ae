/** Gateways: their pods, ports, certificates, and each other. */
import { X509Certificate } from 'node:crypto'
import { type Json, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../../../text/json.ts'
import { stringMap } from '../../../text/string-map.ts'
import type { Analyzer } from '../analyzer.ts'
import { fullName, type Resource, type ResourceSet } from '../resources.ts'
import { firstKey, type Labels, selectorText, selects } from '../selectors.ts'

const selectorOf = ({ spec }: Resource): Labels => stringMap(spec['selector'])
const selectorField = (selector: Labels): string => `spec.selector.${firstKey(selector)}`
const serversOf = ({ spec }: Resource): Json[] => objectsOf(spec['servers'])
const portOf = (server: Json): number => numberOf(objectOf(server['port'])['number'])

const podsOf = (resources: ResourceSet, selector: Labels): Resource[] =>
  resources.list('Pod').filter(({ labels }) => selects(selector, labels))

export const gatewayPorts: Analyzer = {
  name: 'gateway.IngressGatewayPortAnalyzer',
  description: "Checks a gateway's ports against the gateway's Kubernetes service ports",
  inputs: ['Gateway', 'Pod', 'Service'],
  analyze(resources, report) {
    for (const gateway of resources.list('Gateway')) {
      const selector = selectorOf(gateway)
      const text = selectorText(selector)
      const pods = podsOf(resources, selector)
      if (pods.length === 0) {
        report('ReferencedResourceNotFound', gateway, ['selector', text], selectorField(selector))
        continue
      }
      const offered = servicePorts(resources, pods)
      for (const server of serversOf(gateway))
        if (server['port'] !== undefined && !offered.has(portOf(server)))
          report('GatewayPortNotDefinedOnService', gateway, [portOf(server), text], selectorField(selector))
    }
  },
}

/** Ports, and the target ports they lead to, of services that select one of the pods. */
function servicePorts(resources: ResourceSet, pods: readonly Resource[]): Set<number> {
  const ports = new Set<number>()
  for (const { spec, namespace } of resources.list('Service')) {
    const selector = stringMap(spec['selector'])
    if (!pods.some(pod => pod.namespace === namespace && selects(selector, pod.labels))) continue
    for (const { port, targetPort, protocol } of objectsOf(spec['ports'])) {
      if (protocol !== 'TCP') continue
      ports.add(numberOf(port))
      if (typeof targetPort === 'number') ports.add(targetPort)
    }
  }
  return ports
}

export const gatewaySecrets: Analyzer = {
  name: 'gateway.SecretAnalyzer',
  description: "Checks a gateway's referenced secrets for correctness",
  inputs: ['Gateway', 'Pod', 'Secret'],
  analyze(resources, report) {
    for (const gateway of resources.list('Gateway')) {
      const selector = selectorOf(gateway)
      const [pod] = podsOf(resources, selector)
      if (!pod) {
        report(
          'ReferencedResourceNotFound',
          gateway,
          ['selector', selectorText(selector)],
          selectorField(selector),
        )
        continue
      }
      serversOf(gateway).forEach((server, index) => {
        const name = stringOf(objectOf(server['tls'])['credentialName'])
        if (name === '') return
        const field = `spec.servers[${index}].tls.credentialName`
        const secret = resources.find('Secret', pod.namespace, name)
        if (!secret) report('ReferencedResourceNotFound', gateway, ['credentialName', name], field)
        else if (!hasCertificate(secret))
          report('InvalidGatewayCredential', gateway, [gateway.name, pod.namespace], field)
      })
    }
  },
}

/** `tls.crt` and `tls.key`, or the older `cert` and `key`, with a certificate that can be read and is in force. */
function hasCertificate({ object }: Resource): boolean {
  const data = stringMap(object['data'])
  const certificate = data['tls.crt'] ?? data['cert']
  if (!certificate || !(data['tls.key'] ?? data['key'])) return false
  try {
    const { validFrom, validTo } = new X509Certificate(Buffer.from(certificate, 'base64'))
    return Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo)
  } catch {
    // It is no certificate.
    return false
  }
}

export const gatewayCertificates: Analyzer = {
  name: 'gateway.CertificateAnalyzer',
  description: 'Checks a gateway certificate',
  inputs: ['Gateway'],
  analyze(resources, report) {
    const gateways = resources.list('Gateway')
    for (const gateway of gateways)
      for (const other of gateways) {
        if (other === gateway || !selects(selectorOf(gateway), selectorOf(other))) continue
        for (const server of serversOf(gateway))
          for (const theirs of serversOf(other))
            if (haveSameCertificate(objectOf(server['tls']), objectOf(theirs['tls'])))
              report(
                'GatewayDuplicateCertificate',
                gateway,
                [[fullName(gateway), fullName(other)]],
                'metadata.name',
              )
      }
  },
}

function haveSameCertificate(a: Json, b: Json): boolean {
  const same = (field: string) => stringOf(a[field]) !== '' && a[field] === b[field]
  if (stringOf(a['credentialName']) !== '' || stringOf(b['credentialName']) !== '')
    return same('credentialName')
  return same('serverCertificate') && same('privateKey')
}

export const conflictingGateways: Analyzer = {
  name: 'gateway.ConflictingGatewayAnalyzer',
  description: "Checks a gateway's selector, port number and hosts",
  inputs: ['Gateway', 'Pod'],
  analyze(resources, report) {
    const gateways = resources.list('Gateway')
    const pods = resources.list('Pod')
    for (const gateway of gateways) {
      const selector = selectorOf(gateway)
      const rivals = gateways.filter(
        other => other !== gateway && shareWorkload(selector, selectorOf(other), pods),
      )
      for (const server of serversOf(gateway)) {
        const hosts = stringsOf(server['hosts'])
        const conflicting = rivals.filter(rival =>
          serversOf(rival).some(theirs => portOf(theirs) === portOf(server) && shareHost(server, theirs)),
        )
        if (conflicting.length > 0)
          report('ConflictingGateways', gateway, [
            conflicting.map(fullName).sort().join(','),
            selectorText(selector),
            portOf(server),
            hosts.join(','),
          ])
      }
    }
  },
}

/** The same selector, or one that says more than the other and a pod that both fit. */
function shareWorkload(a: Labels, b: Labels, pods: readonly Resource[]): boolean {
  const [one, other] = [selectorText(a), selectorText(b)]
  if (one === other) return true
  if (!one.includes(other) && !other.includes(one)) return false
  return pods.some(({ labels }) => selects(a, labels) && selects(b, labels))
}

const shareHost = (a: Json, b: Json): boolean =>
  stringOf(a['bind']) === stringOf(b['bind']) &&
  stringsOf(a['hosts']).some(host => stringsOf(b['hosts']).includes(host))
